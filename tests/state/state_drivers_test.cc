// SPDX-License-Identifier: Apache-2.0
// What drives a sum, over restarts and to the end of its window.
#include <catch2/catch.hpp>

#include "alert/drivers.h"
#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

// A commit at `now_ms` by the clock: one request of a user, with a feature.
void spend(StateFixture& engine, const std::string& feature, std::int64_t at_ms,
           std::int64_t now_ms) {
  Fold fold(7), drivers(7);
  std::string group;
  append_group_value(group, "ann");
  Delta delta;
  delta.at = engine.at({0, at_ms, "ann", kDollar});
  delta.group = group;
  delta.amount = kDollar;
  delta.requests = 1;
  delta.latest = event_time_ms(at_ms);
  Delta part;
  part.rule = fold.add(delta);
  part.amount = kDollar;
  part.element = static_cast<SketchElement>(kDriverFields);
  drivers.add(part);
  part.element = static_cast<SketchElement>(DriverField::feature);
  part.group = feature;
  drivers.add(part);
  StreamTime::Saved time;
  time.now = event_time_ms(at_ms);
  const Progress progress{engine.partition, {++engine.offset, engine.offset - 1, 0}, 0, time};
  const Work work{.deltas = fold.deltas(),
                  .ids = {},
                  .progress = std::span(&progress, 1),
                  .drivers = drivers.deltas()};
  engine.take(engine.state->commit({.work = std::span(&work, 1), .now = WallTime{Millis{now_ms}}}));
}

std::string drivers_of(const Alert& alert) {
  std::string text;
  for (const auto& one : alert.drivers) {
    text += (text.empty() ? "" : ", ") + one.value + (one.approximate ? " ~" : " ") +
            decimal_text(one.amount, 12);
  }
  return text;
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
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  spend(engine, "search", kNoon, 10'000);
  for (int i = 0; i < 3; ++i) spend(engine, "search", kNoon, 10'001);  // within a second
  engine.open();
  spend(engine, "chat", kNoon, 20'000);
  REQUIRE(engine.told.size() == 1);
  // Of the five dollars one each is known: half and half of what the cell has.
  CHECK(drivers_of(engine.told[0]) == "search ~2.5, chat ~2.5");
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

TEST_CASE("A rule that says nothing of its drivers has none") {
  Rule rule = user_day_rule("daily", 10 * kDollar);
  rule.metric = Metric::error_rate;
  CHECK_FALSE(rule.keeps_drivers());
  rule.metric = Metric::cost;
  rule.window.kind = WindowKind::rolling;
  CHECK_FALSE(rule.keeps_drivers());
}
