// SPDX-License-Identifier: Apache-2.0
#include "window/local_hours.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

constexpr EventTime at_utc(int year, unsigned month, unsigned day, int hour, int minute = 0) {
  const std::chrono::sys_days date{std::chrono::year{year} / static_cast<int>(month) /
                                   static_cast<int>(day)};
  return EventTime{date.time_since_epoch() + std::chrono::hours{hour} +
                   std::chrono::minutes{minute}};
}

}  // namespace

TEST_CASE("Hours are counted from a Monday by the clock of the zone") {
  auto hours = LocalHours::create("Asia/Kolkata");  // 5:30 ahead
  REQUIRE(hours);
  // Monday 2026-11-23, 00:00 there.
  const EventTime monday = at_utc(2026, 11, 22, 18, 30);
  CHECK(LocalHours::in_week(hours->at(monday)) == 0);
  CHECK(LocalHours::in_week(hours->at(monday - Millis{1})) == 167);
  CHECK(LocalHours::week(hours->at(monday)) == LocalHours::week(hours->at(monday - Millis{1})) + 1);
  CHECK(hours->next(monday) == monday + std::chrono::hours{1});
  CHECK(hours->next(monday - Millis{1}) == monday);
  // Wednesday 1969-12-31 23:30 UTC is the 72nd hour of its week there, counted from 0: Thu 05:00.
  CHECK(hours->at(at_utc(1969, 12, 31, 23, 30)) == 3 * 24 + 5);
}

TEST_CASE("An hour that comes twice has one number, one that never comes has none") {
  auto hours = LocalHours::create("Europe/Berlin");
  REQUIRE(hours);
  // Sunday 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
  const std::int64_t two = hours->at(at_utc(2026, 10, 25, 0));
  CHECK(LocalHours::in_week(two) == 6 * 24 + 2);
  CHECK(hours->at(at_utc(2026, 10, 25, 1, 59)) == two);
  CHECK(hours->at(at_utc(2026, 10, 25, 2)) == two + 1);
  CHECK(hours->next(at_utc(2026, 10, 25, 0, 20)) == at_utc(2026, 10, 25, 1));
  // Sunday 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
  const std::int64_t one = hours->at(at_utc(2026, 3, 29, 0, 59));
  CHECK(LocalHours::in_week(one) == 6 * 24 + 1);
  CHECK(hours->at(at_utc(2026, 3, 29, 1)) == one + 2);
}

TEST_CASE("Times far beyond any calendar have hours too") {
  auto hours = LocalHours::create("America/New_York");
  REQUIRE(hours);
  CHECK(hours->next(event_time_ms(INT64_MAX / 4)) > event_time_ms(INT64_MAX / 4));
  CHECK(hours->at(event_time_ms(INT64_MIN / 4)) < 0);
  CHECK_FALSE(LocalHours::create("Mars/Olympus"));
}
