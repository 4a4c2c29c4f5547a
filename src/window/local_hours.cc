// SPDX-License-Identifier: Apache-2.0
#include "window/local_hours.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

namespace tocsin {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kFromMonday = 72;  // 1970 began on a Thursday
// Beyond years of five digits the zone library's calendar ends.
constexpr std::int64_t kFarSeconds = 880'000'000'000;

}  // namespace

Result<LocalHours> LocalHours::create(const std::string& zone) {
  try {
    const date::time_zone* const known = date::locate_zone(zone);
    known->get_info(date::sys_seconds{});  // reads its file now, so that nothing throws later
    return LocalHours(*known);
  } catch (const std::exception&) {
    return reject("time_zone: \"" + zone + "\" is no zone this machine knows");
  }
}

void LocalHours::find(EventTime t) {
  if (known_.contains(t)) return;
  const std::int64_t at = std::clamp(floor_div(to_ms(t), 1'000), -kFarSeconds, kFarSeconds);
  const date::sys_info info = zone_->get_info(date::sys_seconds{std::chrono::seconds{at}});
  const auto bound = [](date::sys_seconds of) {
    const std::int64_t seconds = of.time_since_epoch().count();
    if (seconds < -kFarSeconds) return EventTime::min();
    if (seconds > kFarSeconds) return EventTime::max();
    return event_time_ms(seconds * 1'000);
  };
  known_ = {bound(info.begin), bound(info.end)};
  offset_ = info.offset;
}

std::int64_t LocalHours::at(EventTime t) {
  find(t);
  return floor_div(to_ms(t) + offset_.count(), kHourMs) + kFromMonday;
}

EventTime LocalHours::next(EventTime t) {
  find(t);
  const std::int64_t local = to_ms(t) + offset_.count();
  const std::int64_t full = (floor_div(local, kHourMs) + 1) * kHourMs - offset_.count();
  // Beyond the library's years its last offset is taken, and no change is known.
  return known_.contains(t) ? std::min(event_time_ms(full), known_.end) : event_time_ms(full);
}

}  // namespace tocsin
