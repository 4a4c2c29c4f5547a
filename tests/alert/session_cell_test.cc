// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "alert/pane_cell.h"

using namespace tocsin;

namespace {

constexpr Millis kIdle{1'000};

struct Session {
  Ladder ladder{{{10, 10, Rung::Kind::amount, 0, 0}}};
  PaneCell cell{};
  std::vector<PaneReached> reached{};

  bool add(std::int64_t at, int128 amount) {
    return add_to_session(ladder, kIdle, {at, amount, 1}, cell, reached);
  }
};

}  // namespace

TEST_CASE("A session goes on for as long as requests come") {
  Session s;
  s.add(0, 4);
  s.add(1'000, 4);
  s.add(2'000, 2);
  REQUIRE(s.reached.size() == 1);
  CHECK(s.reached[0].id_start == EventTime{});
  CHECK(s.reached[0].about.end == event_time_ms(3'000));
  CHECK(s.reached[0].requests == 3);
}

TEST_CASE("After a while without one another session begins") {
  Session s;
  s.add(0, 9);
  s.add(1'001, 9);
  CHECK(s.reached.empty());
  s.add(1'500, 1);
  REQUIRE(s.reached.size() == 1);
  CHECK(s.reached[0].id_start == event_time_ms(1'001));
}

TEST_CASE("A rung is told once a session") {
  Session s;
  s.add(0, 10);
  s.add(10, 10);
  CHECK(s.reached.size() == 1);
  s.add(5'000, 10);
  CHECK(s.reached.size() == 2);
}

TEST_CASE("A straggler of the session counts, one of a session that is over does not") {
  Session s;
  s.add(5'000, 4);
  CHECK(s.add(4'500, 4));
  CHECK_FALSE(s.add(3'000, 4));
  CHECK(s.cell.window.amount == 8);
  CHECK(s.cell.window_start == event_time_ms(4'500));
  CHECK_FALSE(session_is_over(s.cell, kIdle, event_time_ms(5'999)));
  CHECK(session_is_over(s.cell, kIdle, event_time_ms(6'000)));
}

TEST_CASE("A limit that is raised arms the rung again") {
  Session s;
  s.add(0, 12);
  s.ladder.steps[0].reached_at = 15;
  rearm_session(s.ladder, s.cell);
  s.add(10, 3);
  CHECK(s.reached.size() == 2);
}
