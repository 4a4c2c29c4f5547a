// SPDX-License-Identifier: Apache-2.0
// Windows that have ended: what becomes of their cells, by which process they were counted.
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

TEST_CASE("A closed window is kept in pages and still takes what its partition admits") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 4 * kDollar}, {0, kNoon, "bob", 1}}, kNoon);
  engine.feed({}, kNoon + 2 * kDay);
  CHECK(engine.state->sizes().cells == 0);
  CHECK(engine.totals().at("daily ann 20000") == 4 * kDollar);
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon + 2 * kDay);
  CHECK(engine.totals().at("daily ann 20000") == 6 * kDollar);
  CHECK(engine.rungs() == std::vector<std::string>{"50%"});
  CHECK(engine.told[0].late);
  engine.open();
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon + 2 * kDay);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.totals().at("daily ann 20000") == 8 * kDollar);
}

TEST_CASE("A start leaves cells in their pages that the journal still tells of") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 4 * kDollar}, {0, kNoon, "bob", 1}}, kNoon);
  engine.feed({}, kNoon + 2 * kDay);
  REQUIRE(engine.rows('J') > 0);
  REQUIRE(engine.rows('G') == 1);
  engine.open();
  CHECK(engine.state->sizes().cells == 0);
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon + 2 * kDay);  // late: beside its page
  CHECK(engine.rows('C') == 1);
  engine.open();
  CHECK(engine.state->sizes().cells == 1);
  engine.feed({}, kNoon + 2 * kDay);
  CHECK(engine.rows('C') == 1);
  CHECK(engine.totals().at("daily ann 20000") == 6 * kDollar);
  CHECK(engine.totals().at("daily bob 20000") == 1);
}

TEST_CASE("A start in the midst of a window's pages loses none of its cells") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.pages_per_commit = 1;
  engine.open();
  std::vector<StateFixture::Event> events;
  for (int i = 0; i < 1000; ++i) events.push_back({0, kNoon, "user-" + std::to_string(i), i + 1});
  engine.feed(events, kNoon);
  auto totals = engine.totals();
  engine.feed({}, kNoon + 2 * kDay);
  engine.open();
  CHECK(engine.totals() == totals);
  for (const int i : {0, 999}) {
    engine.feed({{0, kNoon, "user-" + std::to_string(i), 5}}, kNoon + 2 * kDay);
    totals["daily user-" + std::to_string(i) + " 20000"] += 5;
  }
  engine.open();
  engine.settle();
  CHECK(engine.state->sizes().cells == 0);
  CHECK(engine.totals() == totals);
}

TEST_CASE("Keys of cells that become a page are erased, those a process before made, too") {
  StateFixture engine({user_day_rule("daily", 10 * kDollar)});
  engine.limits.journal_bytes = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 4 * kDollar}, {0, kNoon, "cy", 2}}, kNoon);
  engine.feed({{0, kNoon, "bob", 1}}, kNoon);
  engine.feed({{0, kNoon, "bob", 1}, {0, kNoon, "cy", 2}}, kNoon);
  REQUIRE(engine.rows('C') > 0);
  const auto before = engine.totals();
  engine.open();
  engine.feed({}, kNoon + 2 * kDay);
  engine.settle();
  CHECK(engine.rows('G') == 1);
  CHECK(engine.totals() == before);
  CHECK(engine.rows('C') <= 1);  // of ann, who was not in memory
}
