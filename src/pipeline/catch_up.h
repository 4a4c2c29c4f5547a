// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "state/codec.h"
#include "tocsin/clock.h"
#include "tocsin/time.h"

namespace tocsin {

// Whether the past is being counted: from a rule's first start, or from a record over a minute
// older than the clock, until each partition has reached the end it had then (rules.md, Old news).
// Also remembers old news of an earlier process that still waits for its end. State thread.
class CatchUp {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  static constexpr Millis kBehind{60'000};

  bool catching_up() const { return catching_up_; }
  // Is someone waiting for over()?
  bool pending() const { return pending_; }

  // The process starts; `first`: with a rule that never ran.
  void start(bool first, SteadyTime now) {
    pending_ = true;
    catching_up_ = first;
    asked_ = now;
    ends_.clear();
  }
  // A batch is about to be committed. True: a catch-up begins with it; ask for the end offsets.
  bool sees(EventTime oldest_record, const Clock& clock) {
    if (catching_up_ || oldest_record >= as_event_time(clock.wall()) - kBehind) return false;
    start(true, clock.monotonic());
    return true;
  }
  void end_is(std::uint32_t partition, std::int64_t offset) {
    ends_[partition] = offset;
    gone_.erase(partition);
  }
  // The partition has no record before `offset` left: what lies between was no record.
  void at_end(std::uint32_t partition, std::int64_t offset) {
    at_end_[partition] = offset;
    gone_.erase(partition);
  }
  // Nothing more comes from it: it was halted, or no source reads it any more.
  void gone(std::uint32_t partition) { gone_.insert(partition); }

  // True once, when every partition has reached its end. One that cannot be asked where its end is
  // (a broker is down) holds nothing back for longer than a minute.
  bool over(const std::vector<PartitionRow>& partitions, SteadyTime now) {
    if (!pending_ || partitions.empty()) return false;
    for (std::uint32_t i = 0; i < partitions.size(); ++i) {
      if (!reached(i, partitions[i].position.next_offset, now)) return false;
    }
    pending_ = false;
    catching_up_ = false;
    return true;
  }

 private:
  static constexpr Millis kAnswerWithin{60'000};

  bool reached(std::uint32_t partition, std::int64_t next_offset, SteadyTime now) const {
    if (gone_.contains(partition)) return true;
    const auto seen = at_end_.find(partition);
    const std::int64_t here =
        seen == at_end_.end() ? next_offset : std::max(next_offset, seen->second);
    const auto end = ends_.find(partition);
    if (end != ends_.end()) return here >= end->second;
    // Sources without offsets to ask answer with at_end alone.
    return (seen != at_end_.end() && next_offset <= seen->second) || now - asked_ >= kAnswerWithin;
  }

  bool pending_ = false;
  bool catching_up_ = false;
  SteadyTime asked_{};
  std::map<std::uint32_t, std::int64_t> ends_;
  std::map<std::uint32_t, std::int64_t> at_end_;
  std::set<std::uint32_t> gone_;
};

}  // namespace tocsin
