// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/ladder.h"
#include "alert/pane_cell.h"
#include "alert/peaks.h"
#include "rule/rule.h"
#include "state/cell_order.h"
#include "state/codec.h"
#include "state/driver_switches.h"
#include "state/group_parts.h"
#include "state/hot_cells.h"
#include "state/match_row.h"
#include "state/pane_groups.h"
#include "window/calendar.h"
#include "window/panes.h"

namespace tocsin {

// A calendar window with hot cells.
struct WindowTable {
  WindowTable() = default;
  WindowTable(const WindowTable&) = delete;
  WindowTable& operator=(const WindowTable&) = delete;

  HotList cells;
  std::uint32_t state = 0;  // StateRow::id
  Window window;
  WindowRow row;
  bool row_changed = false;
  bool elsewhere = false;  // some of its cells are in the store and not here
  bool recovered =
      false;  // of some of its cells it is not known whether they have keys of their own
  struct Touch {
    HotCells::Place cell = HotCells::kAbsent;
    EventTime latest{};  // greatest event time in the commit's deltas
  };
  std::vector<Touch> touched;  // by the commit under way
  // How high cells had come before a re-pricing took them below a rung that they had reached.
  std::map<std::string, int128, std::less<>> heights;
  // Budgets change within it. Of groups whose own does: what they came to by then.
  bool changes = false;
  std::map<std::string, GroupParts, std::less<>> parts;
  EventTime parts_judged_at = StreamTime::kUnset;  // the watermark when all of them last were
  std::unique_ptr<CellOrder> closing;              // while its cells become pages
  std::uint64_t closing_since = 0;                 // the commit in which that began
};

// A rule with its state.
class RuleState {
 public:
  // With no cells, and a row without id. reject: the zone is unknown.
  static Result<std::unique_ptr<RuleState>> create(std::shared_ptr<const Rule> rule,
                                                   std::uint64_t seed,
                                                   std::optional<Millis> lateness);

  // It is the state that `stored` is the row of. reject, changing nothing: too many rungs.
  Result<void> bind(const StateRow& stored);
  // It was judged up to the watermark `at`, by itself or by a process before; unset: never. Its
  // cells are settled by who read them.
  void judged_until(EventTime at);
  // Takes the cells of `old`, which is of the same (name, fingerprint), and judges them from now
  // on.
  void take_over(RuleState& old);

  // By the budget in force at `at`.
  const Ladder& ladder_of(std::string_view group, EventTime at);
  // The ladders by which panes [from, through] are judged, each with a time at which it is in force
  // and the last pane that it is for: each(ladder, in_force, through).
  template <class Each>
  void by_ladder(std::string_view group, std::int64_t from, std::int64_t through, Each&& each);
  // Some row of its budgets has a date.
  bool has_dates() const { return rule->budgets && !rule->budgets->switches.empty(); }
  // Of a delta's `at`, which is the start of a part of it if a budget changes within it.
  std::int64_t window_start(std::int64_t at);
  // When the group's budget changes in the window, and the window's end; none: it does not change.
  std::vector<EventTime> part_ends(const WindowTable& table, std::string_view group) const;
  // Is there a window at that time? A lifetime may start later.
  bool has_begun(EventTime at);
  // To `peaks`, which somebody wants to know.
  void offer(std::int64_t start, std::string_view group, int128 value, EventTime at) const;
  // The same: a cell of a sum that stood at `stood_at` gets `amount` more at `at`.
  void note_spent(std::string_view group, int128 stood_at, int128 amount, EventTime at) const;
  // The ladder and budgets as text: when it differs from the stored one, a sweep is due.
  static std::string ladder_text(const Rule& rule);

  std::shared_ptr<const Rule> rule;
  std::size_t index = 0;   // in the rule set
  Peaks* peaks = nullptr;  // kept if anybody wants to know
  StateRow row;
  std::string key;         // of the row
  std::string key_before;  // of the row under its name of before, if it takes that one over
  bool row_changed = false;
  bool by_pane = false;                            // rolling, or judged: cells are PaneCells
  std::shared_ptr<DriverSwitches::Switch> drives;  // null: it keeps nothing of what drives it
  Millis lateness{0};
  std::optional<Calendar> calendar;
  PaneRule pane_rule;
  std::unique_ptr<WeekShape> shape;  // of rules with forecasts, which pane_rule points to
  // After an edit of the ladder cells are of an older edition until they are looked at again: by
  // the sweep, or before they change.
  std::uint16_t edition = 0;
  std::string swept;                   // the ladder that the stored row says all cells are of
  std::shared_ptr<const Rule> before;  // as they are until they are swept; null: not known

  std::map<std::int64_t, WindowTable> windows;  // by start
  PaneGroups groups;
  std::vector<PaneEntry*> touched_groups;  // by the commit under way
  struct SessionReached {
    PaneEntry* entry = nullptr;
    EventTime at{};
    PaneReached reached;
    const Ladder* ladder = nullptr;
    EventTime in_force{};
  };
  std::vector<SessionReached> sessions_reached;  // by the commit under way
  MatchRow match;                                // of a first part
  bool matches = false;                          // a request of the commit under way does
  // The last pane that was judged, and the watermark then.
  std::int64_t judged_through = INT64_MIN;
  EventTime judged_at = StreamTime::kUnset;
  bool waits = false;  // a group has something that the end of a pane may change
  // Groups that can be forgotten are looked for since the end of this pane; those up to `bucket`
  // have been looked at.
  struct Forgetting {
    std::int64_t through = INT64_MIN;
    std::int64_t done_through = INT64_MIN;
    std::size_t bucket = 0;
  };
  Forgetting forgetting;
  std::size_t drained = 0;  // taken out: buckets of groups already stored

 private:
  RuleState(std::shared_ptr<const Rule> of, std::uint64_t seed)
      : rule(std::move(of)), groups(seed) {}

  std::vector<unsigned> bits_;  // of rule->ladder
  Ladder ladder_;               // without rows in `budgets`
  std::map<int128, Ladder> by_budget_;
  Ladder none_;
};

template <class Each>
void RuleState::by_ladder(std::string_view group, std::int64_t from, std::int64_t through,
                          Each&& each) {
  if (!has_dates()) return each(ladder_of(group, {}), EventTime{}, through);
  const Panes& panes = pane_rule.panes;
  EventTime at = from == INT64_MIN ? EventTime{} : panes.start(std::min(from, through));
  for (const EventTime change : rule->budgets->changes(group, at, panes.end(through))) {
    const std::int64_t last = panes.at(change - Millis{1});
    if (last >= through) break;
    if (last >= from) each(ladder_of(group, at), at, last);
    at = change;
  }
  each(ladder_of(group, at), at, through);
}

}  // namespace tocsin
