// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pipeline/catch_up.h"
#include "support/manual_clock.h"

using namespace tocsin;

namespace {

PartitionRow at(std::int64_t next_offset) {
  PartitionRow row;
  row.position.next_offset = next_offset;
  return row;
}

const WallTime kNow{std::chrono::hours(400'000)};
const CatchUp::SteadyTime kStart{std::chrono::hours(1)};

}  // namespace

TEST_CASE("A first start is a catch-up until each partition reaches the end it had then") {
  CatchUp catch_up;
  catch_up.start(true, kStart);
  CHECK(catch_up.catching_up());
  catch_up.end_is(0, 100);
  CHECK_FALSE(catch_up.over({at(100), at(5)}, kStart));
  catch_up.end_is(1, 7);
  CHECK_FALSE(catch_up.over({at(100), at(5)}, kStart));
  CHECK(catch_up.over({at(130), at(7)}, kStart));
  CHECK_FALSE(catch_up.catching_up());
  CHECK_FALSE(catch_up.over({at(130), at(7)}, kStart));
}

TEST_CASE("A partition that is at its end needs no offset to be compared with") {
  CatchUp catch_up;
  catch_up.start(true, kStart);
  catch_up.at_end(0, 0);
  CHECK(catch_up.over({at(0)}, kStart));
}

TEST_CASE("A record over a minute older than the clock begins a catch-up, a fresh one does not") {
  CatchUp catch_up;
  catch_up.start(false, kStart);
  catch_up.at_end(0, 0);
  REQUIRE(catch_up.over({at(0)}, kStart));
  const ManualClock clock(kNow);
  CHECK_FALSE(catch_up.sees(as_event_time(kNow - std::chrono::seconds(59)), clock));
  CHECK_FALSE(catch_up.catching_up());
  CHECK(catch_up.sees(as_event_time(kNow - std::chrono::seconds(61)), clock));
  CHECK(catch_up.catching_up());
  CHECK_FALSE(catch_up.sees(as_event_time(kNow - std::chrono::seconds(61)), clock));
}

TEST_CASE("A partition that was halted, or that nobody reads now, does not hold old news back") {
  CatchUp catch_up;
  catch_up.start(true, kStart);
  catch_up.end_is(0, 10);
  catch_up.gone(1);
  CHECK(catch_up.over({at(10), at(3)}, kStart));
}

TEST_CASE("What stands at a partition's end without being a record is reached with it") {
  CatchUp catch_up;
  catch_up.start(true, kStart);
  catch_up.end_is(0, 101);
  CHECK_FALSE(catch_up.over({at(100)}, kStart));
  catch_up.at_end(0, 101);
  CHECK(catch_up.over({at(100)}, kStart));
}

TEST_CASE("A partition whose end nobody can tell holds old news back for a minute") {
  CatchUp catch_up;
  catch_up.start(true, kStart);
  CHECK_FALSE(catch_up.over({at(100)}, kStart + std::chrono::seconds(59)));
  CHECK(catch_up.over({at(100)}, kStart + std::chrono::seconds(60)));
}
