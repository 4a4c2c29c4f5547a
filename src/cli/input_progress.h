// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace tocsin {

// How far an input was read, for who draws it. Any thread.
struct InputProgress {
  std::atomic<std::int64_t> bytes_read{0};  // of Kafka's topics: offsets
  std::int64_t bytes = 0;                   // of all of it; 0: nobody knows
};

}  // namespace tocsin
