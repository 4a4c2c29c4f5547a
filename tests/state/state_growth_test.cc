// SPDX-License-Identifier: Apache-2.0
// What the window before had come to at the same time.
#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kDayBegins = kNoon - 12 * kHour;
constexpr std::int64_t kEvery = 20 * kMinute;

// $20 a user and day, $0.10 of which come each 20 min.
StateFixture quiet() { return StateFixture({user_day_rule("daily", 20 * kDollar)}); }

void spend_dimes(StateFixture& engine, std::int64_t from, std::int64_t until,
                 const std::string& user = "ann") {
  for (std::int64_t at = from; at < until; at += kEvery) {
    engine.feed({{0, at, user, kDollar / 10}}, at);
  }
}

// What is said of the window before by an alert that rings then.
std::string before_of(StateFixture& engine, std::int64_t at, const std::string& user = "ann") {
  const std::size_t told = engine.told.size();
  engine.feed({{0, at, user, 10 * kDollar}}, at);
  REQUIRE(engine.told.size() == told + 1);
  const auto& before = engine.told.back().before;
  if (!before) return "nothing";
  CHECK(before->window.start == event_time_ms(kDayBegins));
  CHECK(before->window.end == event_time_ms(kDayBegins + kDay));
  return decimal_text(before->value, 12);
}

}  // namespace

TEST_CASE("An alert says what the day before had come to at the same time") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins, kDayBegins + kDay);
  // Of 06:00 before what came at that moment is not in it.
  CHECK(before_of(engine, kDayBegins + kDay + 6 * kHour) == "1.8");
}

TEST_CASE("Between two marks a straight line is drawn") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins, kDayBegins + kDay);
  // $0.30 until 01:00, and $0.50 from 01:20 on.
  CHECK(before_of(engine, kDayBegins + kDay + kHour + 10 * kMinute) == "0.4");
}

TEST_CASE("What the day before had come to is known after a restart in either day") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins, kNoon);
  spend_dimes(engine, kNoon, kNoon + 1, "bob");
  engine.limits.journal_bytes = 1;
  engine.open();
  spend_dimes(engine, kNoon, kDayBegins + kDay, "bob");
  engine.open();
  CHECK(before_of(engine, kNoon + kDay + 6 * kHour) == "3.6");
  CHECK(before_of(engine, kNoon + kDay + 6 * kHour, "bob") == "1.9");
}

TEST_CASE("Of a night in which nothing came it is known that nothing came") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins - kHour, kDayBegins);
  spend_dimes(engine, kNoon, kDayBegins + kDay);
  CHECK(before_of(engine, kNoon + kDay + kHour) == "0.3");
}

TEST_CASE("Of a day that was not watched from its beginning nothing is said") {
  StateFixture engine = quiet();
  spend_dimes(engine, kNoon, kDayBegins + kDay);
  CHECK(before_of(engine, kNoon + kDay + 6 * kHour) == "nothing");
}

TEST_CASE("Of a group that had nothing by then nothing is said") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins, kNoon, "bob");
  spend_dimes(engine, kNoon, kDayBegins + kDay);
  CHECK(before_of(engine, kDayBegins + kDay + 6 * kHour) == "nothing");
}

TEST_CASE("Marks are kept of a window and the one before, and go with their rule") {
  StateFixture engine = quiet();
  for (int day = 0; day < 4; ++day) {
    spend_dimes(engine, kDayBegins + day * kDay, kDayBegins + (day + 1) * kDay);
  }
  const std::size_t marks = engine.rows(key::kGrowth);
  CHECK(marks >= 2 * 47);
  CHECK(marks <= 2 * 50);
  engine.exchange({user_day_rule("other", 20 * kDollar)});
  for (int i = 0; i < 3; ++i) {
    engine.feed({{0, kNoon + 4 * kDay + i, "ann", 1}}, kNoon + 4 * kDay + i);
  }
  CHECK(engine.rows(key::kGrowth) <= 2);
}
