// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "state/codec.h"
#include "tocsin/time.h"

namespace tocsin {

// Whether the past is being counted: from a rule's first start, or from a record over a minute
// older than the clock, until each partition has reached the end it had then (rules.md, Old news).
// Also remembers old news of an earlier process that still waits for its end. State thread.
class CatchUp {
 public:
  static constexpr Millis kBehind{60'000};

  bool catching_up() const { return catching_up_; }
  // Is someone waiting for over()?
  bool pending() const { return pending_; }

  // The process starts; `first`: with a rule that never ran.
  void start(bool first) {
    pending_ = true;
    catching_up_ = first;
    reached_.clear();
    ends_.clear();
  }
  // A batch is about to be committed. True: a catch-up begins with it; ask for the end offsets.
  bool sees(EventTime oldest_record, WallTime now) {
    if (catching_up_ || oldest_record >= as_event_time(now) - kBehind) return false;
    start(true);
    return true;
  }
  void end_is(std::uint32_t partition, std::int64_t offset) { ends_[partition] = offset; }
  void at_end(std::uint32_t partition) { reached_.insert(partition); }
  // Nothing more comes from it: it was halted, or no source reads it any more.
  void gone(std::uint32_t partition) { gone_.insert(partition); }

  // True once, when every partition has reached its end.
  bool over(const std::vector<PartitionRow>& partitions) {
    if (!pending_ || partitions.empty()) return false;
    for (std::uint32_t i = 0; i < partitions.size(); ++i) {
      if (reached_.contains(i) || gone_.contains(i)) continue;
      const auto end = ends_.find(i);
      if (end == ends_.end() || partitions[i].position.next_offset < end->second) return false;
    }
    pending_ = false;
    catching_up_ = false;
    return true;
  }

 private:
  bool pending_ = false;
  bool catching_up_ = false;
  std::map<std::uint32_t, std::int64_t> ends_;
  std::set<std::uint32_t> reached_;
  std::set<std::uint32_t> gone_;
};

}  // namespace tocsin
