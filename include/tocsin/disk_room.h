// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tocsin {

// Room on the file system of the state.
struct DiskRoom {
  std::uint64_t free = 0;     // bytes that may still be written
  std::uint64_t reserve = 0;  // with less than these, nothing further is to be counted
};

}  // namespace tocsin
