// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tocsin::wire {

// The shortest decimal that means the 64-bit floating-point number of these bits, which is what its
// producer would have printed: from here on it is read as a decimal, like any other. `room` holds
// it.
std::string_view double_text(std::uint64_t bits, std::array<char, 32>& room);

}  // namespace tocsin::wire
