// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace date {
class time_zone;
}

namespace tocsin {

// The hours that a wall clock shows, numbered from Monday 1969-12-29 00:00. Where a clock is set
// back an hour has one number twice, where it is set forward a number is left out. Remembers the
// offset found last: one thread.
class LocalHours {
 public:
  static constexpr std::int64_t kWeek = 168;  // hours

  // reject: the zone is unknown.
  static Result<LocalHours> create(const std::string& zone);

  std::int64_t at(EventTime t);
  // The first instant after `t` at which a clock shows a full hour, or is set.
  EventTime next(EventTime t);

  static constexpr std::int64_t week(std::int64_t hour) { return floor_div(hour, kWeek); }
  static constexpr std::size_t in_week(std::int64_t hour) {
    return static_cast<std::size_t>(hour - week(hour) * kWeek);
  }

 private:
  explicit LocalHours(const date::time_zone& zone) : zone_(&zone) {}
  void find(EventTime t);

  const date::time_zone* zone_;
  Window known_;  // all of it has one offset; empty: nothing is known yet
  Millis offset_{0};
};

}  // namespace tocsin
