// SPDX-License-Identifier: Apache-2.0
#include "cli/log_line.h"

#include <fmt/format.h>

#include "document/utf8.h"

namespace tocsin {
namespace {

// U+202A to U+202E and U+2066 to U+2069: a line would read other than it was written.
bool reorders(char32_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f;
}

}  // namespace

std::string log_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, next] = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, next - at);
    if (c != kNoCharacter && c >= 0x20 && !is_control(c) && !reorders(c)) {
      line += bytes;
    } else {
      for (const char byte : bytes) {
        line += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
    }
    at = next;
  }
  return line;
}

}  // namespace tocsin
