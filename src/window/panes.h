// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "tocsin/time.h"

namespace tocsin {

// The panes of a rolling window of length W: max(1 s, W/60) long, aligned to the epoch. A pane is
// named by its index since the epoch.
struct Panes {
  Millis length{1000};     // of one pane
  std::int64_t count = 1;  // panes in W

  static constexpr Panes of(Millis window) {
    const Millis pane = std::max(Millis{1000}, window / 60);
    return {pane, window / pane};
  }
  // Calendar windows of judged metrics are judged by panes of a minute.
  static constexpr Panes minutes() { return {Millis{60'000}, 1}; }

  constexpr std::int64_t at(EventTime t) const { return floor_div(to_ms(t), length.count()); }
  constexpr EventTime start(std::int64_t pane) const {
    return event_time_ms(pane * length.count());
  }
  constexpr EventTime end(std::int64_t pane) const { return start(pane + 1); }
  // The first of the panes that the window ending with `pane` covers.
  constexpr std::int64_t first_covered(std::int64_t pane) const { return pane - count + 1; }
  // The aligned interval of length W that holds the pane, by its index.
  constexpr std::int64_t slot(std::int64_t pane) const { return floor_div(pane, count); }
  constexpr Window slot_window(std::int64_t slot) const {
    return {start(slot * count), start((slot + 1) * count)};
  }
};

}  // namespace tocsin
