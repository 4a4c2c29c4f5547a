// SPDX-License-Identifier: Apache-2.0
#include "pipeline/progress_watch.h"

#include <catch2/catch.hpp>

namespace tocsin {
namespace {

using std::chrono::seconds;

// A watch whose turns are a second apart.
struct Watched {
  ProgressWatch watch;
  ProgressWatch::SteadyTime now{seconds{1'000}};

  int asked = 0;
  void pass(int count) {
    for (int i = 0; i < count; ++i) {
      now += seconds{1};
      if (watch.turn(now)) ++asked;
    }
  }
};

TEST_CASE(
    "A partition with more to read that does not move is told once, and is beyond help later") {
  Watched one;
  one.watch.is_at(0, 10);
  one.watch.end_is(0, 20);
  one.pass(60);
  CHECK_FALSE(one.watch.to_tell());
  one.pass(1);
  REQUIRE(one.watch.to_tell());
  one.pass(30);
  CHECK_FALSE(one.watch.to_tell());
  CHECK_FALSE(one.watch.beyond_help());
  one.pass(90);
  REQUIRE(one.watch.beyond_help());
  CHECK(one.watch.beyond_help()->partition == 0);
}

TEST_CASE(
    "A partition that moves, is at its end, was halted or cannot be reached does not stand still") {
  Watched one;
  one.watch.is_at(0, 10);
  one.watch.end_is(0, 20);
  one.pass(50);
  SECTION("moves") { one.watch.is_at(0, 11); }
  SECTION("at its end: what lies before it is no record") { one.watch.at_end(0, 20); }
  SECTION("halted") { one.watch.gone(0); }
  SECTION("out of reach") { one.watch.set_reachable(false); }
  one.pass(55);
  CHECK_FALSE(one.watch.to_tell());
}

TEST_CASE("The ends are asked for again while something is quiet, and a new end starts the time") {
  Watched one;
  one.watch.is_at(0, 20);
  one.watch.end_is(0, 20);
  one.watch.at_end(0, 20);
  one.pass(10);
  CHECK(one.asked == 0);
  one.pass(200);
  CHECK(one.asked == 10);
  CHECK_FALSE(one.watch.to_tell());
  one.watch.end_is(0, 21);
  one.pass(61);
  CHECK(one.watch.to_tell());
}

TEST_CASE("Nothing is asked of sources that never told an end") {
  Watched one;
  one.watch.is_at(0, 20);
  one.pass(500);
  CHECK(one.asked == 0);
  CHECK_FALSE(one.watch.beyond_help());
}

TEST_CASE("A process that was stopped for an hour missed nothing") {
  Watched one;
  one.watch.is_at(0, 10);
  one.watch.end_is(0, 20);
  one.pass(10);
  one.now += seconds{3'600};
  one.pass(40);
  CHECK_FALSE(one.watch.to_tell());
}

TEST_CASE("A partition that is read again is watched anew") {
  Watched one;
  one.watch.is_at(0, 10);
  one.watch.gone(0);
  one.watch.back(0);
  one.watch.is_at(0, 12);
  one.watch.end_is(0, 20);
  one.pass(62);
  CHECK(one.watch.to_tell());
}

}  // namespace
}  // namespace tocsin
