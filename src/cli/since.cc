// SPDX-License-Identifier: Apache-2.0
#include "cli/since.h"

#include <cstdio>

#include "event/timestamp.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kQuarters = 4 * 16;  // offsets of zones lie within so many quarters of hours

// "09:12"
bool is_clock(std::string_view text) { return text.size() == 5 && text[2] == ':'; }

bool shows(EventTime t, EventTime as_if_utc, const std::string& zone) {
  const LocalTime here = local_time(t, zone), wanted = local_time(as_if_utc, "UTC");
  return here.date() == wanted.date() && here.hour == wanted.hour && here.minute == wanted.minute &&
         here.second == wanted.second;
}

}  // namespace

std::optional<EventTime> parse_since(std::string_view text, EventTime now,
                                     const std::string& zone) {
  std::string whole(text);
  if (is_clock(text)) {
    const LocalTime today = local_time(now, zone);
    char date[32];
    std::snprintf(date, sizeof date, "%04d-%02u-%02uT", today.year, today.month, today.day);
    whole = date + whole;
  }
  if (whole.size() == 10) whole += "T00:00";
  if (whole.size() < 16) return std::nullopt;
  // Minutes are enough for people.
  const bool no_seconds = whole.size() == 16 || whole[16] != ':';
  if (no_seconds) whole.insert(16, ":00");
  const auto time = wire::read_timestamp(whole, wire::Zone::utc_if_absent);
  if (!time || whole.size() > 19) return time;  // with an offset, or a fraction
  for (std::int64_t quarter = -kQuarters; quarter <= kQuarters; ++quarter) {
    const EventTime candidate = *time + Millis{quarter * 15 * kMinute};
    if (shows(candidate, *time, zone)) return candidate;
  }
  return std::nullopt;
}

}  // namespace tocsin
