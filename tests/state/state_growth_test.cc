// SPDX-License-Identifier: Apache-2.0
// What the window before had come to at the same time.
#include <catch2/catch.hpp>

#include "state/growth_book.h"
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

namespace {

// As spend_dimes, of a feature.
void spend_on(StateFixture& engine, const std::string& feature, std::int64_t from,
              std::int64_t until) {
  for (std::int64_t at = from; at < until; at += kEvery) {
    engine.now = WallTime{Millis{at}};
    engine.feed({{0, at, "ann", kDollar / 10, feature}}, at);
  }
}

// Of the drivers of an alert that rings then: what they had come to in the window before.
std::string drivers_before(StateFixture& engine, std::int64_t at, const std::string& feature) {
  engine.feed({{0, at, "ann", 10 * kDollar, feature}}, at);
  REQUIRE_FALSE(engine.told.empty());
  const Alert& alert = engine.told.back();
  std::string text;
  for (std::size_t i = 0; i < alert.drivers.size(); ++i) {
    const auto before = driven_before(alert, i);
    text += (text.empty() ? "" : ", ") + alert.drivers[i].value + " " +
            (before ? decimal_text(*before, 12) : "unknown");
  }
  return text;
}

// What came of late, by an alert that rings then.
std::string recent_of(StateFixture& engine, std::int64_t at, const std::string& user = "ann") {
  engine.feed({{0, at, user, 10 * kDollar}}, at);
  REQUIRE_FALSE(engine.told.empty());
  const auto& recent = engine.told.back().recent;
  if (!recent) return "nothing";
  return decimal_text(recent->amount, 12) + " in " + std::to_string(recent->span.count() / kHour) +
         " h";
}

}  // namespace

TEST_CASE("An alert says what its drivers had come to the day before at the same time") {
  StateFixture engine = quiet();
  spend_on(engine, "chat", kDayBegins, kDayBegins + 4 * kHour);
  spend_on(engine, "search", kDayBegins + 4 * kHour, kDayBegins + kDay);
  spend_on(engine, "chat", kDayBegins + kDay, kDayBegins + kDay + 2 * kHour);
  SECTION("in the same process") {}
  SECTION("after a restart") { engine.open(); }
  // "export" is new, and of "chat" twelve dimes had come.
  CHECK(drivers_before(engine, kDayBegins + kDay + 6 * kHour, "export") == "export 0, chat 1.2");
}

TEST_CASE("Of more than a hundred groups it is not known what drove them the day before") {
  StateFixture engine = quiet();
  spend_on(engine, "chat", kDayBegins, kDayBegins + 4 * kHour);
  for (int i = 0; i < 100; ++i) {
    engine.feed({{0, kDayBegins, "u" + std::to_string(i), 1}}, kDayBegins + 4 * kHour);
  }
  spend_on(engine, "chat", kDayBegins + 4 * kHour, kDayBegins + kDay);
  CHECK(drivers_before(engine, kDayBegins + kDay + 6 * kHour, "chat") == "chat unknown");
}

TEST_CASE("An alert says what came in the last hour, whatever the hours before") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins - kHour, kDayBegins + 8 * kHour);
  // Three dimes and the ten dollars; before them 21 in seven hours.
  CHECK(recent_of(engine, kDayBegins + 8 * kHour) == "10.3 in 1 h");
}

TEST_CASE("What came in the last hour is known of who had nothing before it") {
  StateFixture engine = quiet();
  spend_dimes(engine, kDayBegins - kHour, kDayBegins + 8 * kHour);
  CHECK(recent_of(engine, kDayBegins + 8 * kHour, "bob") == "10 in 1 h");
}

TEST_CASE(
    "In the first hour of a day, and of a day that was not watched, the last one is not told") {
  StateFixture engine = quiet();
  SECTION("first hour") {
    spend_dimes(engine, kDayBegins - kHour, kDayBegins + kHour);
    CHECK(recent_of(engine, kDayBegins + kHour) == "nothing");
  }
  SECTION("not watched") {
    spend_dimes(engine, kNoon, kNoon + 2 * kHour);
    CHECK(recent_of(engine, kNoon + 2 * kHour) == "nothing");
  }
}

TEST_CASE(
    "Of late is in the last hour of a day, the last day of a month, the last week of a year") {
  CHECK(GrowthBook::recently({event_time_ms(0), event_time_ms(30 * kDay)}) == Millis{kDay});
  CHECK(GrowthBook::recently({event_time_ms(0), event_time_ms(kDay + kHour)}) == Millis{kHour});
  CHECK(GrowthBook::recently({event_time_ms(0), event_time_ms(366 * kDay)}) == Millis{7 * kDay});
  CHECK_FALSE(GrowthBook::recently({event_time_ms(0), event_time_ms(kHour)}));
}
