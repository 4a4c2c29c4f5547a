// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

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

TEST_CASE("A judged day is shown to its end, though all of it is judged and the journal trimmed") {
  StateFixture engine({held_rule()});
  engine.limits.journal_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon);
  for (int i = 1; i < 10; ++i) engine.feed({}, kNoon + i * kHour);
  CHECK(engine.totals()["held ann 20000"] == 2 * kDollar);
}

TEST_CASE("What a start reads of a judged day counts in it once, to the last judged pane") {
  const bool trimmed = GENERATE(true, false), judged = GENERATE(true, false);
  StateFixture engine({held_rule()});
  if (trimmed) engine.limits.journal_bytes = 1;
  engine.open();
  for (int i = 0; i < 4; ++i) {
    const std::int64_t at = kNoon + 3 * i * kMinute;
    engine.feed({{0, at, "ann", kDollar}}, at);
    if (judged) engine.feed({}, at + 2 * kMinute);
    engine.open();
  }
  engine.feed({{0, kNoon + kHour, "ann", kDollar / 2}}, kNoon + kHour);
  CHECK(engine.totals().at("held ann 20000") == 4 * kDollar + kDollar / 2);
  engine.feed({}, kNoon + 2 * kHour);
  CHECK(engine.totals().at("held ann 20000") == 4 * kDollar + kDollar / 2);
  CHECK(engine.told.empty());
}
