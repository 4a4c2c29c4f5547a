// SPDX-License-Identifier: Apache-2.0
#include "window/panes.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>

namespace tocsin {

using namespace std::chrono_literals;

TEST_CASE("A rolling window has sixty panes, but none under a second") {
  const auto panes = [](Millis window) {
    const Panes of = Panes::of(window);
    return std::pair(of.length, of.count);
  };
  CHECK(panes(1s) == std::pair(Millis{1s}, std::int64_t{1}));
  CHECK(panes(59s) == std::pair(Millis{1s}, std::int64_t{59}));
  CHECK(panes(1min) == std::pair(Millis{1s}, std::int64_t{60}));
  CHECK(panes(5min) == std::pair(Millis{5s}, std::int64_t{60}));
  CHECK(panes(24h) == std::pair(Millis{24min}, std::int64_t{60}));
  CHECK(Panes::minutes().length == 1min);
}

TEST_CASE("Panes are half-open and aligned to the epoch, before it too") {
  const Panes panes = Panes::of(5min);
  CHECK(panes.at(event_time_ms(0)) == 0);
  CHECK(panes.at(event_time_ms(4999)) == 0);
  CHECK(panes.at(event_time_ms(5000)) == 1);
  CHECK(panes.at(event_time_ms(-1)) == -1);
  CHECK(panes.at(event_time_ms(-5000)) == -1);
  CHECK(panes.at(event_time_ms(-5001)) == -2);
}

TEST_CASE("A window covers its pane and those before it that make up its length") {
  const Panes panes = Panes::of(1h);
  CHECK(panes.first_covered(100) == 41);
  CHECK(panes.end(100) - panes.start(panes.first_covered(100)) == 1h);
}

TEST_CASE("Any time is in its pane, the pane in its slot, and both tile the line") {
  CHECK(rc::check("panes", [] {
    const Millis window = *rc::gen::oneOf(
        rc::gen::map(rc::gen::inRange(1, 60), [](int n) { return Millis{n * 1000}; }),
        rc::gen::map(rc::gen::inRange(1, 100'000), [](int n) { return Millis{n * 60'000L}; }));
    const Panes panes = Panes::of(window);
    const EventTime t =
        event_time_ms(*rc::gen::inRange<std::int64_t>(-10'000'000'000'000, 10'000'000'000'000));
    const std::int64_t pane = panes.at(t), slot = panes.slot(pane);
    RC_ASSERT(panes.length * panes.count == window);
    RC_ASSERT(panes.start(pane) <= t);
    RC_ASSERT(t < panes.end(pane));
    RC_ASSERT(panes.end(pane) == panes.start(pane + 1));
    RC_ASSERT(panes.slot_window(slot).contains(t));
    RC_ASSERT(panes.slot_window(slot).end == panes.slot_window(slot + 1).start);
    RC_ASSERT(panes.slot_window(slot).end - panes.slot_window(slot).start == window);
    RC_ASSERT(to_ms(panes.slot_window(slot).start) % window.count() == 0);
  }));
}

}  // namespace tocsin
