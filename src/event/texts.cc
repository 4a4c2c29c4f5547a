// SPDX-License-Identifier: Apache-2.0
#include "event/texts.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "hash/digest.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {
namespace {

// Four hex digits at `i`; 0x110000 if they are not.
std::uint32_t hex4(std::string_view raw, std::size_t i) {
  constexpr std::uint32_t kNone = 0x110000;
  if (i + 4 > raw.size()) return kNone;
  std::uint32_t value = 0;
  for (std::size_t end = i + 4; i < end; ++i) {
    const char c = to_lower(raw[i]);
    if (c >= '0' && c <= '9') {
      value = value * 16 + static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value * 16 + static_cast<std::uint32_t>(c - 'a' + 10);
    } else {
      return kNone;
    }
  }
  return value;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto push = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | (code >> 6));
    push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | (code >> 12));
    push(0x80 | ((code >> 6) & 0x3F));
    push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | (code >> 18));
    push(0x80 | ((code >> 12) & 0x3F));
    push(0x80 | ((code >> 6) & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

// The character of the \u at `i` (which points after the u); moves i behind it.
bool unescape_unicode(std::string_view raw, std::size_t& i, std::string& out) {
  std::uint32_t code = hex4(raw, i);
  if (code > 0xFFFF || (code >= 0xDC00 && code < 0xE000)) return false;
  i += 4;
  if (code >= 0xD800 && code < 0xDC00) {
    if (i + 2 > raw.size() || raw[i] != '\\' || raw[i + 1] != 'u') return false;
    const std::uint32_t low = hex4(raw, i + 2);
    if (low < 0xDC00 || low > 0xDFFF) return false;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    i += 6;
  }
  append_utf8(code, out);
  return true;
}

}  // namespace

void Texts::clear() {
  chunk_ = 0;
  used_ = 0;
}

char* Texts::take(std::size_t size) {
  if (!chunks_.empty() && used_ + size > kChunk) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ >= chunks_.size()) chunks_.emplace_back(new char[kChunk]);
  char* const place = chunks_[chunk_].get() + used_;
  used_ += size;
  return place;
}

std::string_view Texts::store(std::string_view text) {
  if (text.empty()) return {};
  char* const place = take(text.size());
  std::memcpy(place, text.data(), text.size());
  return {place, text.size()};
}

std::string_view Texts::store_lower(std::string_view text) {
  if (text.empty()) return {};
  char* const place = take(text.size());
  std::transform(text.begin(), text.end(), place, [](char c) { return to_lower(c); });
  return {place, text.size()};
}

std::string_view Texts::store_cut(std::string_view text) {
  const std::string digits = hex(sha256(text), 8);
  const std::string_view kept = prefix(text, kTextKept);
  char* const place = take(kept.size() + digits.size());
  std::memcpy(place, kept.data(), kept.size());
  std::memcpy(place + kept.size(), digits.data(), digits.size());
  return {place, kept.size() + digits.size()};
}

std::string_view prefix(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

bool unescape(std::string_view raw, std::string& out) {
  std::size_t i = 0;
  while (i < raw.size()) {
    const std::size_t escape = raw.find('\\', i);
    out.append(raw, i, escape == std::string_view::npos ? escape : escape - i);
    if (escape == std::string_view::npos) return true;
    if (escape + 1 >= raw.size()) return false;
    i = escape + 2;
    switch (raw[escape + 1]) {
      case '"': out.push_back('"'); break;
      case '\\': out.push_back('\\'); break;
      case '/': out.push_back('/'); break;
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u':
        if (!unescape_unicode(raw, i, out)) return false;
        break;
      default: return false;
    }
  }
  return true;
}

}  // namespace tocsin::wire
