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
#include "state/hot_cells.h"
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
  std::unique_ptr<CellOrder> closing;  // while its cells become pages
  std::uint64_t closing_since = 0;     // the commit in which that began
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

  const Ladder& ladder_of(std::string_view group);
  // To `peaks`, which somebody wants to know.
  void offer(std::int64_t start, std::string_view group, int128 value) const;
  // The same: a cell of a sum that stood at `before` gets `amount` more.
  void note_spent(std::string_view group, int128 before, int128 amount) const;
  // The ladder and budgets as text: when it differs from the stored one, a sweep is due.
  static std::string ladder_text(const Rule& rule);

  std::shared_ptr<const Rule> rule;
  std::size_t index = 0;   // in the rule set
  Peaks* peaks = nullptr;  // kept if anybody wants to know
  StateRow row;
  std::string key;         // of the row
  std::string key_before;  // of the row under its name of before, if it takes that one over
  bool row_changed = false;
  bool by_pane = false;  // rolling, or judged: cells are PaneCells
  Millis lateness{0};
  std::optional<Calendar> calendar;
  PaneRule pane_rule;
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
  };
  std::vector<SessionReached> sessions_reached;  // by the commit under way
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

}  // namespace tocsin
