// SPDX-License-Identifier: Apache-2.0
// Budgets that change within a window.
#include <algorithm>
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kSwitch = kNoon + 2 * kHour;

// $`before` a day for each user until two in the afternoon, then $`after`.
Rule changing(int before, int after) {
  Rule rule = user_day_rule("daily", kDollar);
  rule.budgets->plan = {{EventTime::min(), before * kDollar},
                        {event_time_ms(kSwitch), after * kDollar}};
  rule.budgets->find_switches();
  return rule;
}

std::vector<std::string> told(const StateFixture& engine) {
  std::vector<std::string> texts;
  for (const auto& alert : engine.told) {
    texts.push_back(alert.rung + " of " +
                    std::to_string(static_cast<long>(*alert.budget / kDollar)));
  }
  return texts;
}
using Told = std::vector<std::string>;

}  // namespace

TEST_CASE("A budget that rises within the window arms its rungs again") {
  StateFixture engine({changing(10, 20)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.feed({{0, kSwitch, "ann", 2 * kDollar}}, kSwitch);
  CHECK(told(engine) == Told{"50% of 10"});
  engine.feed({{0, kSwitch + kHour, "ann", 3 * kDollar}}, kSwitch + kHour);
  CHECK(told(engine) == Told{"50% of 10", "50% of 20"});
  CHECK(engine.told.back().value == 11 * kDollar);
  CHECK(engine.ids.size() == 2);
}

TEST_CASE("A budget that falls within the window tells what is over when its time has come") {
  StateFixture engine({changing(20, 10)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}, {0, kNoon, "bob", 2 * kDollar}}, kNoon);
  engine.feed({}, kSwitch);  // the watermark is a minute behind
  CHECK(engine.told.empty());
  CHECK_FALSE(engine.state->waits_for_time(event_time_ms(kSwitch - 1)));
  CHECK(engine.state->waits_for_time(event_time_ms(kSwitch)));
  engine.feed({}, kSwitch + kMinute);
  CHECK_FALSE(engine.state->waits_for_time(event_time_ms(kSwitch + kHour)));
  CHECK(told(engine) == Told{"50% of 10", "80% of 10"});
  CHECK(to_ms(engine.told.front().at) >= kSwitch);
  engine.feed({{0, kSwitch + kHour, "ann", kDollar}}, kSwitch + kHour);
  CHECK(told(engine) == Told{"50% of 10", "80% of 10", "100% of 10"});
}

TEST_CASE("What rings where a budget changes does not depend on the order of the requests") {
  using Event = StateFixture::Event;
  std::vector<Event> events{{0, kNoon, "ann", 3 * kDollar},
                            {0, kSwitch - 1, "ann", 3 * kDollar},
                            {0, kSwitch, "ann", 13 * kDollar},
                            {0, kSwitch + kHour, "ann", 2 * kDollar}};
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; });
  std::optional<std::set<std::string>> first;
  do {
    StateFixture engine({changing(10, 25)});
    for (const auto& event : events) {
      engine.feed({event}, kNoon);
      engine.open();
    }
    engine.feed({}, kSwitch + 2 * kHour);
    if (!first) first = engine.ids;
    CHECK(first->size() == 3);  // 50% of 10; 50% and 80% of 25
    CHECK(engine.ids == *first);
    CHECK(engine.told.size() == first->size());
  } while (std::next_permutation(events.begin(), events.end(),
                                 [](const auto& a, const auto& b) { return a.at_ms < b.at_ms; }));
  StateFixture at_once({changing(10, 25)});
  at_once.feed(events, kSwitch + 2 * kHour);
  CHECK(at_once.ids == *first);
}

TEST_CASE("A date that is written into an open window goes on from what was counted") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({changing(10, 40)});
  engine.settle();
  engine.feed({{0, kNoon + kHour, "ann", 2 * kDollar}}, kNoon + kHour);
  CHECK(told(engine) == Told{"50% of 10", "80% of 10"});
  // And out of it: what was told is not told again.
  engine.exchange({user_day_rule("daily", 10 * kDollar)});
  engine.settle();
  CHECK(engine.rows(key::kParts) == 0);
  engine.feed({{0, kNoon + kHour, "ann", 2 * kDollar}}, kNoon + kHour);
  CHECK(told(engine) == Told{"50% of 10", "80% of 10", "100% of 10"});
}

TEST_CASE("A date that is moved within an open window tells nothing twice") {
  StateFixture engine({changing(10, 40)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  Rule later = changing(10, 40);
  later.budgets->plan.back().from = event_time_ms(kSwitch + kHour);
  later.budgets->find_switches();
  engine.exchange({later});
  engine.settle();
  engine.feed({{0, kSwitch, "ann", 2 * kDollar}}, kSwitch + kHour);
  CHECK(told(engine) == Told{"50% of 10", "80% of 10"});
}

TEST_CASE("A lowered row tells at once, by a sweep, in the part of the window that it is of") {
  StateFixture engine({changing(100, 200)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}}, kNoon);
  engine.exchange({changing(10, 200)});
  engine.settle();
  CHECK(told(engine) == Told{"50% of 10", "80% of 10"});
}

TEST_CASE("A row that is raised above what was told of its part is told once, as any limit is") {
  const auto told_changing = [](int before, int after) {
    Rule rule = changing(before, after);
    rule.notify.info = rule.notify.warning = rule.notify.critical = {"alerts"};
    return rule;
  };
  StateFixture engine({told_changing(10, 200)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}, {0, kNoon, "bob", kDollar}}, kNoon);
  REQUIRE(told(engine) == Told{"50% of 10", "80% of 10"});
  SECTION("the row in force") {
    engine.exchange({told_changing(100, 200)});
    engine.settle();
    REQUIRE(engine.resolutions.size() == 1);
    const Resolution& raised = engine.resolutions.front();
    CHECK(raised.reason == Resolution::Reason::limit_raised);
    CHECK(raised.limit_before == 10 * kDollar);
    CHECK(raised.alert.budget == 100 * kDollar);
    CHECK(raised.alert.id == engine.told.back().id);
    engine.open();
    engine.settle();
    CHECK(engine.resolutions.size() == 1);
  }
  SECTION("where a date is written into the table with it") {
    StateFixture undated({told_changing(10, 10)});
    undated.rules.front().budgets->plan.pop_back();
    undated.rules.front().budgets->find_switches();
    undated.open();
    undated.feed({{0, kNoon, "ann", 9 * kDollar}}, kNoon);
    undated.exchange({told_changing(100, 200)});
    undated.settle();
    REQUIRE(undated.resolutions.size() == 1);
    CHECK(undated.resolutions.front().alert.budget == 100 * kDollar);
  }
  SECTION("a row that comes later, or a date that has come, tells nothing") {
    engine.exchange({told_changing(10, 300)});
    engine.settle();
    engine.feed({}, kSwitch + kMinute);
    engine.exchange({told_changing(10, 300)});
    engine.settle();
    CHECK(engine.resolutions.empty());
  }
}

TEST_CASE("In rolling windows each pane is judged by the budget of its time") {
  Rule rolling = changing(10, 100);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::hours(24);
  StateFixture engine({rolling});
  // Of one commit: the one before the change alone is over.
  engine.feed({{0, kSwitch - kHour, "ann", 6 * kDollar}, {0, kSwitch + kHour, "ann", 6 * kDollar}},
              kSwitch + kHour);
  CHECK(told(engine) == Told{"50% of 10"});
}

TEST_CASE("Who looks sees the budget that is in force, and its rungs") {
  StateFixture engine({changing(10, 20)});
  const auto shown = [&] {
    std::string text;
    const auto snapshot = engine.store.snapshot();
    const auto read = StateView(*snapshot, engine.rules).cells([&](const CellView& cell) {
      text = std::to_string(static_cast<long>(*cell.budget / kDollar)) +
             (cell.rung ? " " + engine.rules[0].ladder[*cell.rung].text : "");
      return true;
    });
    REQUIRE(read);
    return text;
  };
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon + kMinute);
  CHECK(shown() == "10 50%");
  engine.feed({}, kSwitch + kMinute);
  CHECK(shown() == "20");
}

TEST_CASE("Parts of a window are forgotten with it") {
  StateFixture engine({changing(10, 20)});
  engine.limits.retention = Millis{kDay};
  engine.open();
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  CHECK(engine.rows(key::kParts) == 1);
  for (int i = 0; i < 1'100; ++i) engine.feed({}, kNoon + 4 * kDay);
  CHECK(engine.rows(key::kParts) == 0);
}
