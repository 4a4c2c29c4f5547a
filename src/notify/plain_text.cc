// SPDX-License-Identifier: Apache-2.0
#include "notify/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "document/utf8.h"

namespace tocsin {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kIsolate = "\xE2\x81\xA8";      // U+2068
constexpr std::string_view kIsolateEnd = "\xE2\x81\xA9";   // U+2069
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

struct Range {
  char32_t first, last;
};

// What hides or reorders text, beside C0 and C1 controls.
constexpr std::array<Range, 12> kHarmful = {{{0x00AD, 0x00AD},
                                             {0x061C, 0x061C},
                                             {0x180E, 0x180E},
                                             {0x200B, 0x200B},
                                             {0x200E, 0x200F},
                                             {0x202A, 0x202E},
                                             {0x2060, 0x206F},
                                             {0xFDD0, 0xFDEF},
                                             {0xFEFF, 0xFEFF},
                                             {0xFFF0, 0xFFFB},
                                             {0xFFFE, 0xFFFF},
                                             {0xE0000, 0xE0FFF}}};

constexpr std::array<Range, 4> kRightToLeft = {
    {{0x0590, 0x08FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFE}, {0x10800, 0x10FFF}}};

template <std::size_t n>
bool in_any(const std::array<Range, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.last; });
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The bytes of the first `count` characters.
std::size_t bytes_of(std::string_view utf8, std::size_t count) {
  std::size_t i = 0;
  for (; i < utf8.size(); ++i) {
    if (continues(utf8[i])) continue;
    if (count-- == 0) break;
  }
  return i;
}

}  // namespace

std::string clean_text(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, next] = decode_utf8(text, at);
    if (c == kNoCharacter) {
      clean += kReplacement;
    } else if (c == '\t' || c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029) {
      clean.push_back(' ');
    } else if (c >= 0x20 && !(c >= 0x7F && c < 0xA0) && !in_any(kHarmful, c)) {
      clean.append(text.substr(at, next - at));
    }
    at = next;
  }
  return clean;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return !continues(c); }));
}

std::string cut_end(std::string_view utf8, std::size_t most) {
  if (characters(utf8) <= most) return std::string(utf8);
  if (most == 0) return {};
  return std::string(utf8.substr(0, bytes_of(utf8, most - 1))) + std::string(kEllipsis);
}

std::string cut_middle(std::string_view utf8, std::size_t most) {
  const std::size_t all = characters(utf8);
  if (all <= most) return std::string(utf8);
  if (most == 0) return {};
  const std::size_t tail = (most - 1) / 3;
  const std::size_t head = most - 1 - tail;
  std::string text(utf8.substr(0, bytes_of(utf8, head)));
  text += kEllipsis;
  text += utf8.substr(bytes_of(utf8, all - tail));
  return text;
}

std::string isolated(std::string_view utf8) {
  for (std::size_t at = 0; at < utf8.size();) {
    const auto [c, next] = decode_utf8(utf8, at);
    if (in_any(kRightToLeft, c)) {
      return std::string(kIsolate) + std::string(utf8) + std::string(kIsolateEnd);
    }
    at = next;
  }
  return std::string(utf8);
}

}  // namespace tocsin
