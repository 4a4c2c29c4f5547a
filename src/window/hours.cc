// SPDX-License-Identifier: Apache-2.0
#include "window/hours.h"

#include <algorithm>

#include "window/local_time.h"

namespace tocsin {

bool Hours::open(WallTime t) const {
  const LocalTime now = local_time(as_event_time(t), zone);
  const int minute = now.hour * 60 + now.minute;
  const std::size_t yesterday = (now.weekday + 6) % 7;
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) {
    const bool over_midnight = range.until <= range.from;
    const bool since_today =
        range.days[now.weekday] && minute >= range.from && (over_midnight || minute < range.until);
    return since_today || (over_midnight && range.days[yesterday] && minute < range.until);
  });
}

}  // namespace tocsin
