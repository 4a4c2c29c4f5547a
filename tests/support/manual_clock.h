// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

#include "tocsin/clock.h"

namespace tocsin {

// A clock that goes only when told to. Any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = WallTime{}) : wall_(wall) {}

  WallTime wall() const override { return wall_.load(); }
  std::chrono::steady_clock::time_point monotonic() const override { return monotonic_.load(); }

  // Time passes: both go on.
  void advance(Millis by) {
    wall_.store(wall_.load() + by);
    monotonic_.store(monotonic_.load() + by);
  }
  // Somebody sets the machine's clock: the monotonic one doesn't notice.
  void set_wall(WallTime wall) { wall_.store(wall); }

 private:
  std::atomic<WallTime> wall_;
  // Starts a while after its epoch, as on a machine that runs: "a minute ago" must exist.
  std::atomic<std::chrono::steady_clock::time_point> monotonic_{
      std::chrono::steady_clock::time_point{std::chrono::hours{24}}};
};

}  // namespace tocsin
