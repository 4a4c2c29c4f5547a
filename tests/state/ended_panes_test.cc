// SPDX-License-Identifier: Apache-2.0
// Records of judged rules that come when a tick, or a partition's absence, has ended their pane.
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

// A budget of $10 a user and day, or of any hour, that must be over for a minute.
Rule held(bool rolling) {
  Rule rule = user_day_rule("held", 10 * kDollar);
  rule.hold = std::chrono::minutes(1);
  if (!rolling) return rule;
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(1);
  return rule;
}

std::uint64_t passed(const StateFixture& engine) {
  return engine.state->counts()[Count::dropped_state];
}

}  // namespace

TEST_CASE("A group that was forgotten is told nothing twice when records of then come once more") {
  StateFixture engine({held(true)});
  const std::vector<StateFixture::Event> events = {{0, kNoon, "ann", 12 * kDollar},
                                                   {0, kNoon + kMinute, "ann", kDollar}};
  engine.feed(events, kNoon + kMinute);
  for (int hour = 5; hour < 8; ++hour) engine.feed({}, kNoon + hour * kHour);
  CHECK(engine.state->sizes().cells == 0);
  CHECK(engine.told.size() == 3);
  engine.feed(events, kNoon + 8 * kHour);
  for (int hour = 9; hour < 12; ++hour) engine.feed({}, kNoon + hour * kHour);
  CHECK(engine.told.size() == 3);
  CHECK(engine.state->sizes().cells == 0);
}

TEST_CASE("What comes after its pane has ended is counted as that, and judged with later panes") {
  for (const bool rolling : {true, false}) {
    StateFixture engine({held(rolling)});
    engine.feed({{0, kNoon - kDay, "yesterday", 1}, {0, kNoon, "today", 1}}, kNoon);
    engine.feed({}, kNoon + 11 * kMinute);
    CHECK(passed(engine) == 0);
    engine.feed({{0, kNoon, "new", 12 * kDollar},
                 {0, kNoon, "today", 12 * kDollar},
                 {0, kNoon, "yesterday", 12 * kDollar}},
                kNoon + 11 * kMinute);
    CHECK(passed(engine) == 3);
    CHECK(engine.told.empty());
    engine.open();
    engine.feed({}, kNoon + 20 * kMinute);
    REQUIRE(engine.told.size() == 9);
    for (const auto& alert : engine.told) CHECK(alert.value >= 12 * kDollar);
  }
}

TEST_CASE("What comes when its calendar window is over is judged in no other one") {
  StateFixture engine({held(false)});
  engine.feed({{0, kNoon, "ann", 1}}, kNoon);
  engine.feed({}, kNoon + 13 * kHour);
  engine.feed({{0, kNoon, "ann", 12 * kDollar}, {0, kNoon, "new", 12 * kDollar}},
              kNoon + 13 * kHour);
  engine.feed({}, kNoon + 14 * kHour);
  CHECK(passed(engine) == 2);
  CHECK(engine.told.empty());
}
