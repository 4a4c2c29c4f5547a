// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notify/gathering.h"
#include "state/state.h"

namespace tocsin {

// How many messages a channel would have got, by the rules of the notifier (Gathering) and the
// clock of the events. One thread.
class MessageTally {
 public:
  explicit MessageTally(Millis group_interval) : limits_{.group_interval = group_interval} {}

  // What one commit brought.
  void committed(const Committed& committed);
  // What still waits is told.
  void finish();

  struct Channel {
    std::uint64_t alerts = 0, messages = 0;
    std::uint64_t busiest_hour = 0;  // the most messages within one hour of the clock
  };
  // By name; those that would have got nothing are not there.
  std::map<std::string, Channel> channels() const;

 private:
  struct Lane {
    explicit Lane(GatheringLimits limits) : gathering(limits) {}
    Gathering gathering;
    std::uint64_t alerts = 0, messages = 0;
    std::map<std::int64_t, std::uint64_t> by_hour;
  };
  Lane& lane(const std::string& channel);
  // Everything that is due by then.
  static void deliver(Lane& lane, EventTime until);

  GatheringLimits limits_;
  std::map<std::string, Lane> lanes_;
  EventTime now_{};
};

}  // namespace tocsin
