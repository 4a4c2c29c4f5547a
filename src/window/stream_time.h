// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tocsin/time.h"

namespace tocsin {

// How far a source partition's records have come in event time: the greatest min(event time,
// record time) so far. A record over an hour ahead of it moves it only when eight in a row are,
// then to their least, so that one stamp of 2099 changes nothing; a broker's own stamps
// (LogAppendTime) are believed. A pure function of the partition's records in offset order.
class StreamTime {
 public:
  static constexpr Millis kLeap{3'600'000};
  static constexpr std::uint32_t kLeapRun = 8;
  // Before the first records: earlier than any event time.
  static constexpr EventTime kUnset = EventTime::min();

  void observe(EventTime event, EventTime record, bool record_is_log_append) {
    const EventTime t = event < record ? event : record;
    if (t <= now_) {
      run_ = 0;
      return;
    }
    if (record_is_log_append || (now_ != kUnset && t <= now_ + kLeap)) {
      now_ = t;
      run_ = 0;
      return;
    }
    least_ = run_ == 0 || t < least_ ? t : least_;
    if (++run_ < kLeapRun) return;
    now_ = least_;
    run_ = 0;
  }

  EventTime now() const { return now_; }

  // For the state.
  struct Saved {
    EventTime now = kUnset;
    EventTime least{};
    std::uint32_t run = 0;
  };
  Saved save() const { return {now_, least_, run_}; }
  static StreamTime restore(const Saved& saved) {
    StreamTime time;
    time.now_ = saved.now;
    time.least_ = saved.least;
    time.run_ = saved.run;
    return time;
  }

 private:
  EventTime now_ = kUnset;
  EventTime least_{};
  std::uint32_t run_ = 0;
};

}  // namespace tocsin
