// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cost_mark.h"

#include <string>

#include "hash/fingerprint.h"

namespace tocsin {

CostMark::CostMark(std::uint64_t seed) {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    keys_[i] = hash64("cost of an id " + std::to_string(i), seed);
  }
}

// In any order, for producers are free in it.
std::uint64_t CostMark::others(const Usage& usage) const {
  std::uint64_t sum = 0;
  for (const auto& [unit, count] : usage.others) {
    sum += hash64(unit, keys_[kUnits]) * static_cast<std::uint64_t>(count);
  }
  return sum;
}

}  // namespace tocsin
