// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tocsin::demo {

// An even rate. After a pause, or where we could not keep up, a tenth of a second is made up for
// and the rest is let go: no flood follows. Pure.
class Pace {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit Pace(std::uint64_t per_second) : per_second_(per_second) {}

  // How many are due at `now`, counted as done. Nothing at the first call.
  std::uint64_t due(SteadyTime now) {
    if (last_ == SteadyTime{}) last_ = now;
    const auto passed = std::min<std::chrono::nanoseconds>(now - last_, kMadeUpFor);
    last_ = now;
    owed_ += static_cast<std::uint64_t>(passed.count()) * per_second_;
    const std::uint64_t due = owed_ / kSecond;
    owed_ %= kSecond;
    return due;
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  static constexpr std::chrono::milliseconds kMadeUpFor{100};

  std::uint64_t per_second_;
  std::uint64_t owed_ = 0;  // billionths of one
  SteadyTime last_{};
};

}  // namespace tocsin::demo
