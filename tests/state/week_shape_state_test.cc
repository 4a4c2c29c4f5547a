// SPDX-License-Identifier: Apache-2.0
// Forecasts by the usual shape of day and week: what is kept of it, and for how long.
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kFirstMonday = 20'003 * kDay;  // 2024-10-07

// $300 a user and week, and $240 are spent in an even one.
Rule office() {
  Rule rule = user_day_rule("office", 300 * kDollar);
  rule.window.kind = WindowKind::week;
  rule.ladder.resize(1);
  rule.ladder[0].kind = Rung::Kind::forecast;
  rule.ladder[0].number = power_of_ten(12);
  rule.ladder[0].text = "forecast100%";
  return rule;
}

// $1 every ten minutes of the office's hours, or `each` times that.
void spend_day(StateFixture& engine, int week, int day, int each = 1) {
  const std::int64_t nine = kFirstMonday + (7 * week + day) * kDay + 9 * kHour;
  std::vector<StateFixture::Event> events;
  for (int i = 0; i < 48 * each; ++i) {
    events.push_back({0, nine + i * 10 * kMinute / each, "ann", kDollar});
  }
  engine.feed(events, events.back().at_ms + kMinute);
}
void spend_week(StateFixture& engine, int week, int each = 1) {
  for (int day = 0; day < 5; ++day) spend_day(engine, week, day, each);
}

// Of each alert told: its id, what the week was heading for, and by how many weeks.
std::vector<std::string> lines(const StateFixture& engine) {
  std::vector<std::string> all;
  for (const Alert& alert : engine.told) {
    all.push_back(alert.id + " " + decimal_text(alert.beside.value_or(0), 12) + " by " +
                  std::to_string(alert.shape ? alert.shape->weeks : 0));
  }
  return all;
}

}  // namespace

TEST_CASE("After two whole weeks an even week is no longer forecast to end over its budget") {
  StateFixture engine({office()});
  for (int week = 0; week < 5; ++week) spend_week(engine, week);
  // By a straight line, in a tenth of a week: on Monday at 16:48, 47 of them are spent. Of the
  // first week nobody knows whether it was whole.
  REQUIRE(engine.told.size() == 3);
  for (const Alert& alert : engine.told) {
    CHECK_FALSE(alert.shape);
    CHECK(alert.value == 47 * kDollar);
    CHECK((alert.beside == 470 * kDollar));
  }
  // Twice as much: it rings by its shape at once, with 94 spent in 7.8 of 40 hours: 482.05.
  spend_week(engine, 5, 2);
  REQUIRE(engine.told.size() == 4);
  const Alert& alert = engine.told.back();
  REQUIRE(alert.shape);
  CHECK(alert.shape->weeks == 4);
  CHECK((alert.beside == 94 * kDollar * 40 * 60 / (7 * 60 + 48)));
  // 300 / 94 x 7.8 hours are 24.89: Thursday, 9:53:37.
  REQUIRE(alert.shape->over);
  CHECK(to_ms(*alert.shape->over) / 1'000 ==
        (kFirstMonday + (7 * 5 + 3) * kDay + 9 * kHour) / 1'000 + 53 * 60 + 37);
}

TEST_CASE("The shape of a week is known again after a start, and after other rules") {
  StateFixture expected({office()});
  StateFixture engine({office()});
  Rule other = office();
  other.ladder[0].severity = Severity::critical;
  for (int week = 0; week < 9; ++week) {
    for (int day = 0; day < 5; ++day) {
      const int each = week >= 4 && week % 2 == 0 ? 2 : 1;
      spend_day(expected, week, day, each);
      spend_day(engine, week, day, each);
      if (day == 2) engine.open();
      if (day == 4) engine.exchange({week % 2 == 0 ? other : office()});
    }
  }
  CHECK(expected.told.size() > 3);
  CHECK(expected.told.back().shape);
  CHECK(lines(engine) == lines(expected));
}

TEST_CASE("A rule that is taken out and put back knows its week") {
  StateFixture engine({office()});
  for (int week = 0; week < 5; ++week) spend_week(engine, week);
  engine.exchange(std::vector<Rule>{});
  engine.settle();
  engine.exchange({office()});
  engine.told.clear();
  spend_week(engine, 5, 2);
  REQUIRE(engine.told.size() == 1);
  REQUIRE(engine.told[0].shape);
  CHECK(engine.told[0].shape->weeks == 4);
}

TEST_CASE("A state of before shapes were kept goes on, and learns one") {
  StateFixture engine({office()});
  for (int week = 0; week < 4; ++week) spend_week(engine, week);
  WriteBatch rows;
  for (const auto& [key, value] : engine.store.map()) {
    if (key[0] == key::kShape) rows.erase(key);
  }
  CHECK(rows.changes().size() == 4 * 40);
  REQUIRE(engine.store.write(rows, Sync::yes));
  engine.open();
  engine.told.clear();
  for (int week = 4; week < 9; ++week) spend_week(engine, week);
  // Friday's last request is judged by the new process: 240 in 112 hours and 51 minutes of 168 are
  // heading for 357. Then the weeks 4, which may be a part of one, 5 and 6.
  REQUIRE(engine.told.size() == 4);
  for (const Alert& alert : engine.told) CHECK_FALSE(alert.shape);
}

TEST_CASE("A row an hour is kept of what came, for six weeks") {
  StateFixture engine({office()});
  for (int week = 0; week < 12; ++week) {
    spend_week(engine, week);
    CHECK(engine.rows(key::kShape) <= 6 * 40);
  }
  CHECK(engine.rows(key::kShape) == 6 * 40);
  Rule hourly = office();
  hourly.window.kind = WindowKind::hour;
  StateFixture other({hourly});
  spend_week(other, 0);
  CHECK(other.rows(key::kShape) == 0);
}
