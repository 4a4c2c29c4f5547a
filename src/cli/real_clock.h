// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "tocsin/clock.h"

namespace tocsin {

class RealClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::floor<Millis>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace tocsin
