// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "alert/ladder.h"
#include "tocsin/decimal.h"
#include "tocsin/time.h"
#include "window/calendar.h"
#include "window/panes.h"

namespace tocsin {

struct PaneSum {
  std::int64_t pane = 0;
  int128 amount = 0;          // of the metric; for ratios the numerator
  std::int64_t requests = 0;  // for ratios the denominator

  friend bool operator==(const PaneSum&, const PaneSum&) = default;
};

// Panes that have events, by rising index.
class PaneSeries {
 public:
  // Adds to the pane and returns its sums.
  const PaneSum& add(std::int64_t pane, int128 amount, std::int64_t requests);
  // Sets the pane's sums (recovery).
  void set(const PaneSum& sums);
  // The sums over [from, to]; its pane is `to`.
  PaneSum over(std::int64_t from, std::int64_t to) const;
  const PaneSum* find(std::int64_t pane) const;
  void drop_before(std::int64_t pane);

  bool empty() const { return panes_.empty(); }
  const std::vector<PaneSum>& all() const { return panes_; }

 private:
  std::vector<PaneSum> panes_;
};

// A rung of a pane-wise judged group from the pane its condition began to hold: first pending
// (`for`), then told, until it has not held for `keep_firing_for`.
struct Episode {
  unsigned bit = 0;
  std::int64_t first_pane = 0;
  bool told = false;
  std::optional<std::int64_t> below_since;  // pane
  int128 highest = 0;                       // value while it held

  friend bool operator==(const Episode&, const Episode&) = default;
};

// All panes of one (rule, group): of a rolling window, or of a judged metric in a calendar window.
struct PaneCell {
  PaneSeries panes;
  // Rolling sums: the rungs told in a slot.
  struct Slot {
    std::int64_t slot = 0;
    std::uint64_t reached = 0;
    friend bool operator==(const Slot&, const Slot&) = default;
  };
  std::vector<Slot> slots;
  std::vector<Episode> episodes;
  // The last pane judged; panes up to it are settled.
  std::int64_t judged_through = INT64_MIN;
  // Judged calendar windows: sums of the window's panes that are judged and dropped.
  EventTime window_start{};
  int128 window_amount = 0;
  std::int64_t window_requests = 0;

  bool idle() const { return panes.empty() && episodes.empty(); }
};

// How high a slot, or a judged calendar window, came among the panes that were looked at.
struct PanePeak {
  std::int64_t start = 0;  // of the slot or window, in ms
  int128 value = 0;
};

// What of a rule the pane-wise steps need.
struct PaneRule {
  Panes panes;
  Calendar* calendar = nullptr;  // judged calendar windows; nullptr: rolling
  Millis length{0};              // rolling: W
  bool judged = false;
  bool ratio = false;
  std::int64_t min_requests = 0;
  Millis hold{0};
  Millis keep_firing_for{0};
  std::vector<PanePeak>* peaks = nullptr;  // appended to, if anybody wants to know
};

// A rung reached.
struct PaneReached {
  const Ladder::Step* step = nullptr;
  EventTime id_start{};  // slot, or first pane of the unbroken run: what the alert id is made of
  Window about;          // what the value covers
  int128 value = 0;
  int128 amount = 0;          // numerator
  std::int64_t requests = 0;  // denominator
  bool continues = false;
};

// A rung left.
struct PaneEnded {
  const Ladder::Step* step = nullptr;
  EventTime id_start{};
  EventTime since{}, until{};
  Window about;
  int128 value = 0;
  int128 amount = 0;
  std::int64_t requests = 0;
  int128 highest = 0;
};

// A rising sum in a rolling window, after panes were added to: each pane with events from `touched`
// (the earliest changed one) on is looked at again; a rung rings once per slot (rules.md, Rolling
// windows). Totals only rise, so what rings depends on the panes alone, not on how they came.
void ring(const PaneRule& rule, const Ladder& ladder, std::int64_t touched, PaneCell& cell,
          std::vector<PaneReached>& reached);

// The watermark has passed the end of pane `through`. Judged metrics: each pane since the last one
// judged is judged in order. Rolling sums: rungs that fell and stayed below are ended.
void judge(const PaneRule& rule, const Ladder& ladder, std::int64_t through, PaneCell& cell,
           std::vector<PaneReached>& reached, std::vector<PaneEnded>& ended);

// A cell is read as it was stored. Panes up to `through` were judged since and brought nothing
// about, or they would have been stored: another ladder may not judge them again.
void settle(const PaneRule& rule, std::int64_t through, PaneCell& cell);

// After an edit of the ladder: rungs that no pane of a slot, or not the latest pane, holds any more
// are armed again.
void rearm(const PaneRule& rule, const Ladder& ladder, PaneCell& cell);

// Forgets panes and slots that no event can change any more: those whose slot's end + lateness the
// watermark has passed, but for what later panes still cover.
void forget(const PaneRule& rule, Millis lateness, EventTime watermark, PaneCell& cell);

// amount, or for ratios amount / requests rounded half-even to six decimals, in 10^-12.
int128 value_of(bool ratio, int128 amount, std::int64_t requests);

}  // namespace tocsin
