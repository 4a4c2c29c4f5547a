// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/state_fixture.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kNoon = 20'000 * kDay + 12 * kHour;
constexpr int128 kDollar = power_of_ten(12);

// By day, and told a minute after it is reached: what it spends is kept by the minute.
Rule held_rule() {
  Rule rule = user_day_rule("held", 10 * kDollar);
  rule.hold = std::chrono::minutes(1);
  return rule;
}

}  // namespace

TEST_CASE("A judged day that begins is shown without the last minutes of the one before") {
  StateFixture engine({held_rule()});
  const std::int64_t midnight = 20'001 * kDay;
  engine.feed({{0, midnight - 3 * kMinute, "ann", 2 * kDollar}}, midnight - 3 * kMinute);
  engine.feed({{0, midnight - 1, "ann", 4 * kDollar}}, midnight - 1);
  CHECK(engine.totals().at("held ann 20000") == 6 * kDollar);
  engine.feed({{0, midnight, "ann", kDollar}}, midnight);
  CHECK(engine.totals().at("held ann 20001") == kDollar);
  engine.feed({{0, midnight + kHour, "ann", kDollar}}, midnight + kHour);
  CHECK(engine.totals().at("held ann 20001") == 2 * kDollar);
}

TEST_CASE("A group that comes back is shown as it is judged, without what was forgotten of it") {
  Rule rolling = held_rule();
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  engine.feed({{0, kNoon, "ann", 3 * kDollar}}, kNoon);
  for (int i = 0; i < 3; ++i) engine.feed({}, kNoon + (5 + i) * kHour);
  REQUIRE(engine.state->sizes().cells == 0);
  // Of a partition that had been idle.
  engine.feed({{0, kNoon - 10 * kMinute, "ann", kDollar}}, kNoon + 7 * kHour);
  CHECK(engine.totals().at("held ann 20000") == kDollar);
}
