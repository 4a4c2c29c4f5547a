// SPDX-License-Identifier: Apache-2.0
#include "document/utf8.h"

#include <array>
#include <utility>

namespace tocsin {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

unsigned byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += "\\x";
    out += kHex[byte_at(bytes, i) >> 4];
    out += kHex[byte_at(bytes, i) & 15];
  }
}

}  // namespace

Decoded decode_utf8(std::string_view text, std::size_t at) {
  const unsigned lead = byte_at(text, at);
  if (lead < 0x80) return {lead, at + 1};
  const int length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - at < static_cast<std::size_t>(length)) {
    return {kNoCharacter, at + 1};
  }
  char32_t value = lead & (0xffU >> (length + 1));
  for (int i = 1; i < length; ++i) {
    const unsigned byte = byte_at(text, at + static_cast<std::size_t>(i));
    if ((byte & 0xc0) != 0x80) return {kNoCharacter, at + 1};
    value = value << 6 | (byte & 0x3f);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[static_cast<std::size_t>(length)] || value > 0x10ffff || surrogate) {
    return {kNoCharacter, at + 1};
  }
  return {value, at + static_cast<std::size_t>(length)};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto [character, next] = decode_utf8(text, i);
    if (character == kNoCharacter) return false;
    i = next;
  }
  return true;
}

int character_count(std::string_view text) {
  int count = 0;
  for (std::size_t i = 0; i < text.size(); i = decode_utf8(text, i).next) ++count;
  return count;
}

std::string_view first_characters(std::string_view text, int count) {
  std::size_t i = 0;
  for (; i < text.size() && count > 0; --count) i = decode_utf8(text, i).next;
  return text.substr(0, i);
}

bool is_control(char32_t c) {
  return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c <= 0x9f) || c == 0x2028 ||
         c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

std::string code_point(char32_t character) {
  std::string digits;
  for (char32_t rest = character; rest != 0 || digits.size() < 4; rest >>= 4) {
    digits.insert(digits.begin(), kHex[rest & 15]);
  }
  return "U+" + digits;
}

std::string_view look_alike(char32_t c) {
  static constexpr std::array<std::pair<char32_t, std::string_view>, 26> kAlike = {{
      {0xa0, "a space"},   {0x2002, "a space"}, {0x2003, "a space"}, {0x2007, "a space"},
      {0x2009, "a space"}, {0x202f, "a space"}, {0x3000, "a space"}, {0x200b, "nothing"},
      {0x2060, "nothing"}, {0x2010, "-"},       {0x2011, "-"},       {0x2012, "-"},
      {0x2013, "-"},       {0x2014, "-"},       {0x2212, "-"},       {0xff0d, "-"},
      {0xff05, "%"},       {0x066a, "%"},       {0xff04, "$"},       {0xff0c, ","},
      {0xff0e, "."},       {0xff1a, ":"},       {0x2018, "'"},       {0x2019, "'"},
      {0x201c, "\""},      {0x201d, "\""},
  }};
  for (const auto& [character, ascii] : kAlike) {
    if (character == c) return ascii;
  }
  static constexpr std::string_view kDigits = "0123456789";
  if (c >= 0xff10 && c <= 0xff19) return kDigits.substr(c - 0xff10, 1);
  return {};
}

std::string quoted(std::string_view text) {
  constexpr int kMost = 60;
  std::string out = "\"";
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    if (count == kMost) {
      out += "\xe2\x80\xa6";
      break;
    }
    const auto [character, next] = decode_utf8(text, i);
    const auto bytes = text.substr(i, next - i);
    const bool plain = character != kNoCharacter && !is_control(character) && character >= 0x20;
    if (plain) {
      out += bytes;
    } else {
      append_escaped(out, bytes);
    }
    i = next;
  }
  return out + "\"";
}

}  // namespace tocsin
