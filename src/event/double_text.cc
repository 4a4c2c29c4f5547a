// SPDX-License-Identifier: Apache-2.0
#include "event/double_text.h"

#include <bit>
#include <charconv>

namespace tocsin::wire {

std::string_view double_text(std::uint64_t bits, std::array<char, 32>& room) {
  const auto end =
      std::to_chars(room.data(), room.data() + room.size(), std::bit_cast<double>(bits));
  return {room.data(), static_cast<std::size_t>(end.ptr - room.data())};
}

}  // namespace tocsin::wire
