// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace tocsin::sim {

// Numbers drawn from a seed; the same on every machine.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t purpose) : state_(seed * 0x9e3779b97f4a7c15U ^ purpose) {
    next();
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  // In [0, below).
  std::int64_t below(std::int64_t below) {
    return static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(below));
  }
  // In [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) < probability * 9007199254740992.0;
  }
  // A fault that half of all seeds have, then at a rate of its own.
  double rate(double most) {
    return chance(0.5) ? most * static_cast<double>(below(1000)) / 1000 : 0;
  }

  template <class T>
  T pick(std::initializer_list<T> from) {
    return from.begin()[below(static_cast<std::int64_t>(from.size()))];
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }
  // Small numbers often, large ones seldom: Zipf with s = 1, in [0, below).
  std::int64_t zipf(std::int64_t below_) {
    double sum = 0;
    for (std::int64_t i = 1; i <= below_; ++i) sum += 1.0 / static_cast<double>(i);
    double at = sum * static_cast<double>(below(1'000'000)) / 1e6;
    for (std::int64_t i = 0; i < below_; ++i) {
      at -= 1.0 / static_cast<double>(i + 1);
      if (at < 0) return i;
    }
    return below_ - 1;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tocsin::sim
