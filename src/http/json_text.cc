// SPDX-License-Identifier: Apache-2.0
#include "http/json_text.h"

#include <cstddef>

namespace tocsin {

std::string json_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += {'\\',
              'u',
              '0',
              '0',
              kHex[static_cast<std::size_t>(c >> 4)],
              kHex[static_cast<std::size_t>(c & 15)]};
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace tocsin
