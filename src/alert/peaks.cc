// SPDX-License-Identifier: Apache-2.0
#include "alert/peaks.h"

#include <algorithm>

#include "hash/fingerprint.h"

namespace tocsin {
namespace {

constexpr int128 kMillion = 1'000'000;
constexpr std::uint64_t kPeaksSeed = 0;

int128 score_of(int128 value, std::optional<int128> budget) {
  if (!budget) return value;
  if (*budget <= 0) return value > 0 ? kInt128Max : 0;
  return value > kInt128Max / kMillion ? kInt128Max : value * kMillion / *budget;
}

}  // namespace

void Peaks::offer(std::int64_t start, std::string_view group, int128 value,
                  std::optional<int128> budget) {
  // Most are far below: a division each would cost more than counting them.
  if (highest_.size() == kKept && budget == highest_.back().budget &&
      value <= highest_.back().value) {
    return;
  }
  const int128 score = score_of(value, budget);
  if (highest_.size() == kKept && score <= highest_.back().score) return;
  auto at = std::find_if(highest_.begin(), highest_.end(), [&](const Peak& peak) {
    return peak.start == start && peak.group == group;
  });
  if (at == highest_.end()) {
    if (highest_.size() == kKept) highest_.pop_back();
    highest_.push_back({value, budget, start, std::string(group), score});
    at = highest_.end() - 1;
  } else if (score <= at->score) {
    return;
  } else {
    at->value = value;
    at->score = score;
  }
  for (; at != highest_.begin() && (at - 1)->score < at->score; --at) std::iter_swap(at - 1, at);
}

void Peaks::spent(std::string_view group, int128 before, int128 after, int128 budget) {
  if (before == 0) groups_.add(hash64(group, kPeaksSeed));
  spent_ += after - before;
  if (after <= budget) return;
  beyond_ += after - std::max(before, budget);
  over_.add(hash64(group, kPeaksSeed));
}

}  // namespace tocsin
