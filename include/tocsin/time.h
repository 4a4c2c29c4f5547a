// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace tocsin {

using Millis = std::chrono::milliseconds;

// The time a request happened, as its producer stamped it; milliseconds since 1970 UTC. Kafka's
// record timestamps are on this clock too, for both come from producers and brokers.
struct EventClock {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<EventClock>;
  static constexpr bool is_steady = false;
};
using EventTime = EventClock::time_point;

// This machine's clock. Comparing it with an EventTime does not compile: who needs to, says so
// with as_event_time().
using WallTime = std::chrono::sys_time<Millis>;

constexpr EventTime event_time_ms(std::int64_t ms) { return EventTime{Millis{ms}}; }
constexpr std::int64_t to_ms(EventTime t) { return t.time_since_epoch().count(); }
constexpr EventTime as_event_time(WallTime t) { return EventTime{t.time_since_epoch()}; }

// Half-open: [start, end).
struct Window {
  EventTime start{};
  EventTime end{};

  constexpr bool contains(EventTime t) const { return start <= t && t < end; }
  friend constexpr bool operator==(const Window&, const Window&) = default;
};

// The end of a window that never closes (lifetime).
inline constexpr EventTime kNever = EventTime::max();

// floor(a / b) for b > 0, also for negative a.
constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) ? 1 : 0);
}

}  // namespace tocsin
