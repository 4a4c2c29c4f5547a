// SPDX-License-Identifier: Apache-2.0
// Times that stand exactly where something ends, and a millisecond before.
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMidnight = kNoon + 12 * kHour;

// Stream time that brings the watermark to `ms`.
std::int64_t seen_at(std::int64_t ms) { return ms + StateLimits{}.out_of_order.count(); }

}  // namespace

TEST_CASE("A rolling slot takes requests until the watermark is at its end and the lateness") {
  Rule rolling = user_day_rule("rolling", 10 * kDollar);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(1);
  StateFixture engine({rolling});
  engine.limits.lateness = Millis{kMinute};
  engine.open();
  const std::int64_t last = kNoon + kHour + kMinute;
  engine.feed({}, seen_at(last - 1));
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, seen_at(last - 1));
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  CHECK(engine.state->counts()[Count::dropped_state] == 0);
  engine.feed({}, seen_at(last));
  engine.feed({{0, kNoon, "bob", 6 * kDollar}}, seen_at(last));
  CHECK(engine.told.size() == 1);
  CHECK(engine.state->counts()[Count::dropped_state] == 1);
}

TEST_CASE("What rings when the watermark stands at the end of its window is late") {
  const bool ended = GENERATE(true, false);
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  const std::int64_t now = seen_at(ended ? kMidnight : kMidnight - 1);
  engine.feed({}, now);
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, now);
  REQUIRE(engine.told.size() == 1);
  CHECK(engine.told[0].late == ended);
}

TEST_CASE("A limit lowered as a window ends tells nothing of it, wherever its groups are") {
  const bool ended = GENERATE(true, false), stored = GENERATE(true, false);
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  if (stored) engine.limits.hot_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 40 * kDollar}}, kNoon);
  engine.feed({}, seen_at(ended ? kMidnight : kMidnight - 1));
  engine.exchange({user_day_rule("daily", 50 * kDollar)});
  engine.settle();
  CHECK(engine.told.size() == (ended ? 0 : 2));
}

TEST_CASE("What a lowered limit tells before stamps are trusted is told of a time in its window") {
  const bool stored = GENERATE(true, false), seen = GENERATE(true, false);
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  if (stored) engine.limits.hot_bytes = 1;
  engine.open();
  StreamTime time;
  if (seen) time.observe(event_time_ms(kNoon), event_time_ms(kNoon), false);
  REQUIRE(time.now() == StreamTime::kUnset);
  engine.feed({{0, kNoon, "ann", 40 * kDollar}}, time.save());
  engine.exchange({user_day_rule("daily", 50 * kDollar)});
  engine.settle();
  REQUIRE(engine.told.size() == 2);
  CHECK(to_ms(engine.told[0].at) == (seen ? kNoon : kNoon - 12 * kHour));
}

TEST_CASE("What a lowered limit tells of a window that is still to come is told of its start") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  engine.feed({{0, kMidnight + kMinute, "ann", 60 * kDollar}}, kNoon);
  engine.told.clear();
  engine.exchange({user_day_rule("daily", 70 * kDollar)});
  engine.settle();
  REQUIRE(engine.told.size() == 1);
  CHECK(to_ms(engine.told[0].at) == kMidnight);
}
