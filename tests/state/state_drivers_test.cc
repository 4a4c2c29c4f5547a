// SPDX-License-Identifier: Apache-2.0
// What drives a sum, over restarts and to the end of its window.
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

// A commit at `now_ms` by the clock: one request of a user, with a feature.
void spend(StateFixture& engine, const std::string& feature, std::int64_t at_ms,
           std::int64_t now_ms) {
  engine.now = WallTime{Millis{now_ms}};
  engine.feed({{0, at_ms, "ann", kDollar, feature}}, at_ms);
}

std::string drivers_of(const Alert& alert) {
  std::string text;
  for (const auto& one : alert.drivers) {
    text += (text.empty() ? "" : ", ") + one.value + (one.approximate ? " ~" : " ") +
            decimal_text(one.amount, 12);
  }
  return text;
}

// $10 in an hour that rolls on.
Rule last_hour() {
  Rule rule = user_day_rule("hourly", 10 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{kHour};
  return rule;
}

}  // namespace

TEST_CASE("What drove a sum before a restart is known after it") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  for (int i = 0; i < 4; ++i) spend(engine, "search", kNoon, 10'000 + 2'000 * i);
  CHECK(engine.rows(key::kDrivers) == 1);
  engine.open();
  spend(engine, "chat", kNoon, 20'000);
  REQUIRE(engine.told.size() == 1);
  CHECK(drivers_of(engine.told[0]) == "search 4, chat 1");
}

TEST_CASE("What was not stored before a kill is known to be missing") {
  StateFixture engine({user_day_rule("daily", 12 * kDollar)});
  SECTION("a little") {
    for (int i = 0; i < 4; ++i) spend(engine, "search", kNoon, 10'000 + 2'000 * i);
    spend(engine, "search", kNoon, 16'001);  // within a second
    engine.open();
    spend(engine, "chat", kNoon, 20'000);
    REQUIRE(engine.told.size() == 1);
    // Of the six dollars five are known: their shares are told of what the cell has.
    CHECK(drivers_of(engine.told[0]) == "search ~4.8, chat ~1.2");
  }
  SECTION("most of it, so that nothing can be said") {
    spend(engine, "search", kNoon, 10'000);
    for (int i = 0; i < 4; ++i) spend(engine, "search", kNoon, 10'001);
    engine.open();
    spend(engine, "chat", kNoon, 20'000);
    REQUIRE(engine.told.size() == 1);
    CHECK(engine.told[0].drivers.empty());
  }
}

TEST_CASE("What drove a window is forgotten when the window is over") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  for (int day = 0; day < 5; ++day) {
    for (int i = 0; i < 3; ++i) {
      spend(engine, "chat", kNoon + day * kDay, 10'000 * (day + 1) + 2'000 * i);
    }
  }
  CHECK(engine.rows(key::kWindow) == 5);
  CHECK(engine.rows(key::kDrivers) == 1);
}

TEST_CASE("A rolling sum is told with what drove its slot and the one before") {
  StateFixture engine({last_hour()});
  spend(engine, "search", kNoon + 20 * kMinute, 10'000);
  spend(engine, "search", kNoon + 25 * kMinute, 10'000);
  for (int i = 0; i < 3; ++i) spend(engine, "chat", kNoon + 65 * kMinute, 10'000);
  REQUIRE(engine.told.size() == 1);
  CHECK(drivers_of(engine.told[0]) == "chat 3, search 2");
}

TEST_CASE("Where a rolling window covers a part of the slot before, shares are told") {
  StateFixture engine({last_hour()});
  spend(engine, "search", kNoon + 5 * kMinute, 10'000);
  for (int i = 0; i < 2; ++i) spend(engine, "search", kNoon + 25 * kMinute, 10'000);
  for (int i = 0; i < 3; ++i) spend(engine, "chat", kNoon + 75 * kMinute, 10'000);
  REQUIRE(engine.told.size() == 1);
  CHECK(engine.told[0].value == 5 * kDollar);
  CHECK(drivers_of(engine.told[0]) == "chat ~2.5, search ~2.5");
}

TEST_CASE("What drove slots that no window covers any more is forgotten, restarts or not") {
  StateFixture engine({last_hour()});
  for (int hour = 0; hour < 6; ++hour) {
    if (hour == 4) engine.open();
    for (int i = 0; i < 3; ++i) {
      spend(engine, "chat", kNoon + hour * kHour + 10 * i * kMinute,
            10'000 * (hour + 1) + 2'000 * i);
    }
  }
  CHECK(engine.rows(key::kDrivers) == 2);
}

TEST_CASE("What drove a rule's groups is forgotten with the rule") {
  StateFixture engine({user_day_rule("daily", 100 * kDollar)});
  for (int i = 0; i < 3; ++i) spend(engine, "chat", kNoon, 10'000 + 2'000 * i);
  CHECK(engine.rows(key::kDrivers) == 1);
  engine.exchange({user_day_rule("other", 100 * kDollar)});
  for (int i = 0; i < 3; ++i) engine.feed({}, kNoon);
  CHECK(engine.rows(key::kDrivers) == 0);
}

TEST_CASE("What an older program stored of drivers is not known") {
  StateFixture engine({user_day_rule("daily", 12 * kDollar)});
  spend(engine, "search", kNoon, 10'000);
  spend(engine, "chat", kNoon, 12'000);
  WriteBatch older;
  for (auto [key, row] : engine.store.map()) {
    if (key[0] == key::kDrivers) older.put(key, "\x01" + row.substr(1));
  }
  REQUIRE(engine.store.write(older, Sync::no));
  engine.open();
  for (int i = 0; i < 8; ++i) spend(engine, "chat", kNoon, 20'000);
  REQUIRE(engine.told.size() == 2);
  CHECK(engine.told[0].drivers.empty());  // of six dollars four are known
  CHECK(drivers_of(engine.told[1]) == "chat ~10");
}

TEST_CASE("A rule that says nothing of its drivers has none") {
  Rule rule = user_day_rule("daily", 10 * kDollar);
  rule.metric = Metric::latency_p95;
  CHECK_FALSE(rule.keeps_drivers());
  rule.metric = Metric::cost;
  rule.window.kind = WindowKind::session;
  CHECK_FALSE(rule.keeps_drivers());
}
