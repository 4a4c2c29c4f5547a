// SPDX-License-Identifier: Apache-2.0
#include "document/json_writer.h"

#include <cassert>

#include "document/utf8.h"

namespace tocsin {
namespace {

void append_unicode_escape(std::string& out, char32_t character) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(character >> shift) & 15];
}

// The two-character escapes; nothing for other characters.
char short_escape(char32_t character) {
  switch (character) {
    case '"': return '"';
    case '\\': return '\\';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    default: return 0;
  }
}

bool plain_ascii(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_json_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t run = i;
    while (run < text.size() && plain_ascii(text[run])) ++run;
    out += text.substr(i, run - i);
    if (run == text.size()) return;
    const auto [character, next] = decode_utf8(text, run);
    if (const char escape = short_escape(character); escape != 0) {
      out += '\\';
      out += escape;
    } else if (character == kNoCharacter) {
      out += "\xef\xbf\xbd";
    } else if (character < 0x20 || (character >= 0x7f && character <= 0x9f) ||
               character == 0x2028 || character == 0x2029) {
      append_unicode_escape(out, character);
    } else {
      out += text.substr(run, next - run);
    }
    i = next;
  }
}

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << depth_;
  if ((filled_ & bit) != 0) out_ += ',';
  filled_ |= bit;
}

JsonWriter& JsonWriter::begin(char bracket) {
  separate();
  out_ += bracket;
  ++depth_;
  assert(depth_ < 64);
  filled_ &= ~(std::uint64_t{1} << depth_);
  return *this;
}

JsonWriter& JsonWriter::end(char bracket) {
  assert(depth_ > 0);
  --depth_;
  out_ += bracket;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  text(name);
  out_ += ':';
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  out_ += '"';
  append_json_escaped(out_, value);
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::raw_number(std::string_view digits) {
  separate();
  out_ += digits;
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) { return raw_number(std::to_string(value)); }

JsonWriter& JsonWriter::boolean(bool value) { return raw_number(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw_number("null"); }

}  // namespace tocsin
