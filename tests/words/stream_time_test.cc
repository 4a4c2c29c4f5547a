// SPDX-License-Identifier: Apache-2.0
#include "window/stream_time.h"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace tocsin {
namespace {

using namespace std::chrono_literals;

constexpr EventTime kNoon = event_time_ms(1'795'258'800'000);
constexpr EventTime kFar = kNoon + 73 * 365 * 24h;  // the year 2099

// A stream that stands at noon.
StreamTime at_noon() {
  StreamTime time;
  time.observe(kNoon, kNoon, true);
  return time;
}

void repeat(StreamTime& time, EventTime at, int times) {
  for (int i = 0; i < times; ++i) time.observe(at, at, false);
}

}  // namespace

TEST_CASE("Stream time is the lesser of event and record time, and never goes back") {
  StreamTime time = at_noon();
  time.observe(kNoon + 2min, kNoon + 1min, false);
  CHECK(time.now() == kNoon + 1min);
  time.observe(kNoon + 90s, kNoon + 3min, false);
  CHECK(time.now() == kNoon + 90s);
  time.observe(kNoon - 1h, kNoon + 5min, false);
  CHECK(time.now() == kNoon + 90s);
}

TEST_CASE("A stamp of 2099 changes nothing, nor do seven in a row") {
  StreamTime time = at_noon();
  repeat(time, kFar, 7);
  CHECK(time.now() == kNoon);
}

TEST_CASE("Eight in a row over an hour ahead move it, to the least of them") {
  StreamTime time = at_noon();
  repeat(time, kFar, 4);
  time.observe(kNoon + 2h, kNoon + 2h, false);
  repeat(time, kFar, 3);
  CHECK(time.now() == kNoon + 2h);
}

TEST_CASE("One honest record between them starts the count anew") {
  StreamTime time = at_noon();
  repeat(time, kFar, 7);
  time.observe(kNoon + 1s, kNoon + 1s, false);
  repeat(time, kFar, 7);
  CHECK(time.now() == kNoon + 1s);
}

TEST_CASE("An hour ahead is believed at once, a millisecond more is not") {
  StreamTime time = at_noon();
  time.observe(kNoon + 1h, kNoon + 1h, false);
  CHECK(time.now() == kNoon + 1h);
  time.observe(kNoon + 2h + 1ms, kNoon + 2h + 1ms, false);
  CHECK(time.now() == kNoon + 1h);
}

TEST_CASE("A broker's own stamp is believed however far it goes") {
  StreamTime time = at_noon();
  time.observe(kFar, kFar, true);
  CHECK(time.now() == kFar);
}

TEST_CASE("A stream's first records are believed when eight agree that it has begun") {
  StreamTime time;
  repeat(time, kNoon, 7);
  CHECK(time.now() == StreamTime::kUnset);
  repeat(time, kNoon, 1);
  CHECK(time.now() == kNoon);
}

TEST_CASE("It never goes back, never passes the greatest stamp, and a restart changes nothing") {
  CHECK(rc::check("stream time", [] {
    const auto offsets = *rc::gen::container<std::vector<int>>(
        rc::gen::oneOf(rc::gen::inRange(0, 10'000'000), rc::gen::inRange(0, 600'000)));
    StreamTime time = at_noon(), restarted = at_noon();
    EventTime greatest = kNoon;
    for (const int offset : offsets) {
      const EventTime before = time.now(), at = kNoon + Millis{offset};
      greatest = std::max(greatest, at);
      time.observe(at, at, false);
      restarted.observe(at, at, false);
      restarted = StreamTime::restore(restarted.save());
      RC_ASSERT(time.now() >= before);
      RC_ASSERT(time.now() <= greatest);
      RC_ASSERT(restarted.now() == time.now());
    }
  }));
}

}  // namespace tocsin
