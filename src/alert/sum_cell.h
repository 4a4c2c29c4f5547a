// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "alert/ladder.h"
#include "tocsin/decimal.h"

namespace tocsin {

// The running aggregate of one (rule, group, window) of a rising sum in a calendar window.
struct SumCell {
  int128 total = 0;           // in the metric's unit
  std::int64_t requests = 0;  // matched, whatever they cost
  std::uint64_t reached = 0;  // RungBits of the rungs told for this window
};

// The rungs that are met and not yet marked. Rungs are only met from `min_requests` on.
inline std::uint64_t newly_met(const Ladder& ladder, const SumCell& cell,
                               std::int64_t min_requests) {
  std::uint64_t met = 0;
  if (cell.requests < min_requests) return met;
  for (const auto& step : ladder.steps) {
    if (cell.total < step.reached_at) break;
    met |= std::uint64_t{1} << step.bit;
  }
  return met & ~cell.reached;
}

// Marks of rungs of the present ladder that are no longer met: their limit was raised, so they are
// armed again. Rungs that left the ladder keep their mark.
inline std::uint64_t no_longer_met(const Ladder& ladder, const SumCell& cell) {
  std::uint64_t unmet = 0;
  for (const auto& step : ladder.steps) {
    if (cell.total < step.reached_at) unmet |= std::uint64_t{1} << step.bit;
  }
  return unmet & cell.reached;
}

// The least total that can reach a rung not yet marked; kInt128Max: none.
inline int128 next_reached_at(const Ladder& ladder, std::uint64_t reached) {
  for (const auto& step : ladder.steps) {
    if ((reached >> step.bit & 1) == 0) return step.reached_at;
  }
  return kInt128Max;
}

}  // namespace tocsin
