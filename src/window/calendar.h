// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tocsin/result.h"
#include "tocsin/time.h"
#include "window/window_spec.h"

namespace tocsin {

// Finds the window that holds a time, for every kind but rolling. Boundaries follow the zone by
// local-date arithmetic: a start that does not exist is the first instant after the gap, an
// ambiguous one the earlier. An hour is an elapsed hour aligned to the zone's current offset, cut at
// a change of offset that is no whole number of hours. Windows of one spec tile the time line
// (lifetime with `from`: times before it belong to no window and yield an empty one that ends at
// `from`). Caches the last windows found: one thread.
class Calendar {
 public:
  // reject: the zone is unknown, or the spec is rolling.
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
