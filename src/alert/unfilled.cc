// SPDX-License-Identifier: Apache-2.0
#include "alert/unfilled.h"

#include <cstdint>

#include "tocsin/group.h"

namespace tocsin {

void Unfilled::add(std::string_view group, int128 amount) {
  total += amount;
  if (group == kOverflowGroup) return;
  std::size_t at = 0;
  for (std::size_t field = 0; field < kFieldsMax && at < group.size(); ++field) {
    if (group[at] == '\0') without[field] += amount;
    std::uint64_t length = 0;
    for (int shift = 0; at < group.size(); shift += 7) {
      const auto byte = static_cast<unsigned char>(group[at++]);
      length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (length > 0) at += length - 1;
  }
}

}  // namespace tocsin
