// SPDX-License-Identifier: Apache-2.0
#include "cli/since.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

constexpr EventTime kNow = event_time_ms(1'795'687'200'000);  // 2026-11-26T10:00:00Z

std::optional<EventTime> in(const std::string& zone, std::string_view text) {
  return parse_since(text, kNow, zone);
}
std::optional<EventTime> at(std::int64_t ms) { return event_time_ms(ms); }

constexpr std::int64_t kMidnight = 1'795'651'200'000;  // 2026-11-26T00:00:00Z
constexpr std::int64_t kMinute = 60'000;

}  // namespace

TEST_CASE("A time of today is by the clocks of the zone, whose day it is there") {
  CHECK(in("UTC", "09:12") == at(kMidnight + (9 * 60 + 12) * kMinute));
  CHECK(in("Europe/Berlin", "09:12") == at(kMidnight + (8 * 60 + 12) * kMinute));
  CHECK(in("Asia/Kathmandu", "09:12") == at(kMidnight + (3 * 60 + 27) * kMinute));
  // It is the 27th there already.
  CHECK(in("Pacific/Kiritimati", "00:30") == at(kMidnight + (10 * 60 + 30) * kMinute));
}

TEST_CASE("A date is its midnight, with a time it is that, and an offset needs no zone") {
  CHECK(in("UTC", "2026-11-26") == at(kMidnight));
  CHECK(in("America/New_York", "2026-11-26") == at(kMidnight + 5 * 60 * kMinute));
  CHECK(in("Europe/Berlin", "2026-11-26T09:12") == at(kMidnight + (8 * 60 + 12) * kMinute));
  CHECK(in("Europe/Berlin", "2026-11-26 09:12:30") ==
        at(kMidnight + (8 * 60 + 12) * kMinute + 30'000));
  CHECK(in("Europe/Berlin", "2026-11-26T09:12Z") == at(kMidnight + (9 * 60 + 12) * kMinute));
  CHECK(in("Europe/Berlin", "2026-11-26T09:12+02:00") == at(kMidnight + (7 * 60 + 12) * kMinute));
}

TEST_CASE("What comes twice is the first, and what never comes is no time") {
  CHECK(in("Europe/Berlin", "2026-10-25T02:30") == at(1'792'888'200'000));  // 00:30Z
  CHECK_FALSE(in("Europe/Berlin", "2026-03-29T02:30"));
  for (const auto* text : {"", "9", "9:12", "25:00", "12:60", "2026-13-01", "2026-02-30", "today",
                           "2026-11-26T", "2026-11-26T09", "yesterday at noon"}) {
    INFO(text);
    CHECK_FALSE(in("UTC", text));
  }
}
