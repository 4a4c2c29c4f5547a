// SPDX-License-Identifier: Apache-2.0
// Sessions: windows that begin with a request and end when none has come for a while.
#include <algorithm>

#include "alert/pane_cell.h"

namespace tocsin {
namespace {

bool reaches(const Ladder::Step& step, const PaneSum& sums) {
  return sums.amount >= step.reached_at;
}

void begin(std::int64_t at, PaneCell& cell) {
  cell.window_start = event_time_ms(at);
  cell.judged_through = at;
  cell.window = {};
  cell.slots.assign(1, {at, 0});
}

}  // namespace

bool add_to_session(const Ladder& ladder, Millis idle, const PaneSum& request, PaneCell& cell,
                    std::vector<PaneReached>& reached) {
  const std::int64_t at = request.pane;
  const bool none = cell.slots.empty();
  if (none || at > cell.judged_through + idle.count()) {
    begin(at, cell);
  } else if (at + idle.count() < to_ms(cell.window_start)) {
    return false;
  }
  cell.window_start = std::min(cell.window_start, event_time_ms(at));
  cell.judged_through = std::max(cell.judged_through, at);
  cell.window.merge(request);
  std::uint64_t& marks = cell.slots.front().reached;
  for (const auto& step : ladder.steps) {
    const std::uint64_t bit = std::uint64_t{1} << step.bit;
    if ((marks & bit) != 0 || !reaches(step, cell.window)) continue;
    marks |= bit;
    reached.push_back({&step,
                       cell.window_start,
                       {cell.window_start, event_time_ms(cell.judged_through) + idle},
                       cell.window.amount,
                       cell.window.amount,
                       cell.window.requests,
                       false});
  }
  return true;
}

bool session_is_over(const PaneCell& cell, Millis idle, EventTime by) {
  return cell.slots.empty() || event_time_ms(cell.judged_through) + idle <= by;
}

void rearm_session(const Ladder& ladder, PaneCell& cell) {
  if (cell.slots.empty()) return;
  for (const auto& step : ladder.steps) {
    if (!reaches(step, cell.window)) {
      cell.slots.front().reached &= ~(std::uint64_t{1} << step.bit);
    }
  }
}

}  // namespace tocsin
