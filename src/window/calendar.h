// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tocsin/result.h"
#include "tocsin/time.h"
#include "window/window_spec.h"

namespace tocsin {

// Finds the window that holds a time, for every kind but rolling. Boundaries follow the zone by
// local-date arithmetic: a start that does not exist is the first instant after the gap, an
// ambiguous one the earlier. An hour is an elapsed hour aligned to the zone's current offset, cut
// at a change of offset that is no whole number of hours. Windows of one spec tile the time line
// (lifetime with `from`: times before it belong to no window and yield an empty one that ends at
// `from`; without, `from` is 0001-01-01, before any event). A quarter or year that starts on a day
// its month doesn't have (31st, 29 February) starts on the month's last. `every` counts its days
// from `from`, also back before it. Years outside 1 to 9998 are one window on either side. Caches
// the last windows found: one thread.
class Calendar {
 public:
  // reject: the zone is unknown, the spec is rolling, `every` lacks its days (1 to 36,500)
  // or its date, or a date is none of the years 1 to 9998.
  static Result<Calendar> create(const WindowSpec& spec);
  ~Calendar();
  Calendar(Calendar&&) noexcept;
  Calendar& operator=(Calendar&&) noexcept;

  Window window_at(EventTime t);

 private:
  struct State;
  explicit Calendar(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Is it an IANA zone this machine knows?
bool zone_exists(const std::string& name);

}  // namespace tocsin
