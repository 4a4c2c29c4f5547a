// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "state/state.h"
#include "tocsin/clock.h"

namespace tocsin {

// When time goes on without traffic: a partition at its end without a record for two minutes leaves
// the watermark's minimum, and when all have, the watermark follows the clock by a second. State
// thread.
class Idleness {
 public:
  static constexpr Millis kAfter{120'000};
  static constexpr Millis kBehindClock{1'000};

  void record(std::uint32_t partition, std::chrono::steady_clock::time_point now) {
    at(partition) = {now, false, false};
  }
  void at_end(std::uint32_t partition, std::chrono::steady_clock::time_point now) {
    Seen& seen = at(partition);
    if (seen.last == std::chrono::steady_clock::time_point{}) seen.last = now;
    seen.at_end = true;
  }

  // Nothing was read for a while: what waits to be read has two minutes again.
  void go_on(std::chrono::steady_clock::time_point now) {
    for (Seen& seen : seen_) seen.last = now;
  }

  // No source reads it any more: it must not hold time back.
  void gone(std::uint32_t partition) { at(partition).gone = true; }

  // The tick that is due now, if any.
  std::optional<Tick> due(const State& state, const Clock& clock) {
    const auto now = clock.monotonic();
    Tick tick;
    bool all = !state.partitions().empty();
    for (std::uint32_t i = 0; i < state.partitions().size(); ++i) {
      if (state.partitions()[i].idle) continue;
      const Seen& seen = at(i);
      if (seen.gone || (seen.at_end && now - seen.last >= kAfter)) {
        tick.idle.push_back(i);
      } else {
        all = false;
      }
    }
    if (all) {
      const EventTime until = as_event_time(clock.wall()) - kBehindClock;
      if (until > state.watermark() && state.waits_for_time(until)) tick.clock = until;
    }
    if (tick.idle.empty() && tick.clock == StreamTime::kUnset) return std::nullopt;
    return tick;
  }

 private:
  struct Seen {
    std::chrono::steady_clock::time_point last{};
    bool at_end = false;
    bool gone = false;
  };
  Seen& at(std::uint32_t partition) {
    if (partition >= seen_.size()) seen_.resize(partition + 1);
    return seen_[partition];
  }

  std::vector<Seen> seen_;
};

}  // namespace tocsin
