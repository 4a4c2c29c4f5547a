// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "tocsin/time.h"

namespace tocsin {

// The only way to ask what time it is. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Can jump; for stamps that people read and for what is compared with them.
  virtual WallTime wall() const = 0;
  // Never goes back; for waiting, pacing and backoff.
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;
};

}  // namespace tocsin
