// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "alert/ladder.h"
#include "alert/sketch.h"
#include "alert/week_shape.h"
#include "tocsin/alert.h"
#include "tocsin/decimal.h"
#include "tocsin/metric.h"
#include "tocsin/time.h"
#include "window/calendar.h"
#include "window/panes.h"

namespace tocsin {

// What only some rules keep of a pane beside its sums.
struct PaneMore {
  int128 cost = 0;  // for `min_cost` of metrics that are no money
  Sketch sketch;

  friend bool operator==(const PaneMore&, const PaneMore&) = default;
};

// A PaneMore, or none: by value, in the room of a pointer.
class PaneMorePtr {
 public:
  PaneMorePtr() = default;
  PaneMorePtr(const PaneMorePtr& other)
      : more_(other.more_ ? std::make_unique<PaneMore>(*other.more_) : nullptr) {}
  PaneMorePtr(PaneMorePtr&&) = default;
  PaneMorePtr& operator=(PaneMorePtr other) {
    more_ = std::move(other.more_);
    return *this;
  }
  ~PaneMorePtr() = default;

  const PaneMore* get() const { return more_.get(); }
  // Made where there is none.
  PaneMore& make() {
    if (!more_) more_ = std::make_unique<PaneMore>();
    return *more_;
  }
  friend bool operator==(const PaneMorePtr& a, const PaneMorePtr& b) {
    return a.more_ && b.more_ ? *a.more_ == *b.more_ : !a.more_ && !b.more_;
  }

 private:
  std::unique_ptr<PaneMore> more_;
};

struct PaneSum {
  std::int64_t pane = 0;
  int128 amount = 0;          // of the metric; for ratios and averages the numerator
  std::int64_t requests = 0;  // for ratios and averages the denominator, but of distinct ones
  PaneMorePtr more{};

  void merge(const PaneSum& other) {
    amount += other.amount;
    requests += other.requests;
    if (other.more.get() != nullptr) merge_more(*other.more.get());
  }
  void merge_more(const PaneMore& theirs);
  friend bool operator==(const PaneSum&, const PaneSum&) = default;
};

// Panes that have events, by rising index.
class PaneSeries {
 public:
  // Adds to the pane.
  void add(const PaneSum& sums);
  // Sets the pane's sums (recovery).
  void set(const PaneSum& sums);
  // The sums over [from, to]; its pane is `to`.
  PaneSum over(std::int64_t from, std::int64_t to) const;
  const PaneSum* find(std::int64_t pane) const;
  void drop_before(std::int64_t pane);

  bool empty() const { return panes_.empty(); }
  const std::vector<PaneSum>& all() const { return panes_; }
  std::size_t more_bytes() const;  // of what hangs on the panes

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
  // Judged calendar windows: sums of the window's panes that are judged.
  EventTime window_start{};
  PaneSum window;
  // The first that ever had an event: what lies before it is not nothing, but unknown.
  std::int64_t first_pane = INT64_MAX;

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
  Metric metric = Metric::cost;
  std::int64_t min_requests = 0;
  std::optional<int128> min_cost{};    // picodollars
  std::optional<int128> resolve_at{};  // in the unit of the rungs
  std::optional<Millis> compare_to{};  // the value is compared with that of so long ago
  bool grouped = false;
  // Some rung may be reached by requests that do not come.
  bool judges_absence = false;
  bool forecasts = false;
  WeekShape* shape = nullptr;  // forecasts: what usually comes; nullptr: a straight line
  Millis hold{0};
  Millis keep_firing_for{0};

  std::int64_t last_pane = std::numeric_limits<std::int64_t>::max();  // ring() looks no further

  // How many panes back what is compared with begins.
  std::int64_t panes_back() const {
    return compare_to ? *compare_to / panes.length + 1 : std::int64_t{0};
  }
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
  std::optional<EventTime> at{};  // the end of the pane that was judged
  // Of a forecast the projected total; of a comparison the value then.
  std::optional<int128> beside{};
  std::optional<Alert::Shape> shape{};
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
  int128 highest = 0;  // of rungs `below` the lowest
  std::optional<int128> beside{};
  std::optional<Alert::Shape> shape{};
};

// A rising sum in a rolling window, after panes were added to: each pane with events from `touched`
// (the earliest changed one) on is looked at again; a rung rings once per slot (rules.md, Rolling
// windows). Totals only rise, so what rings depends on the panes alone, not on how they came.
void ring(const PaneRule& rule, const Ladder& ladder, std::int64_t touched, PaneCell& cell,
          std::vector<PaneReached>& reached);

// A session of a group: `window_start` is its first request, `judged_through` its last in ms,
// `window` what it has come to, the one slot its rungs. What one commit brings is added request by
// request: after `idle` without one another session begins, and those of one that is over say no
// more. False: the request is of such a one.
bool add_to_session(const Ladder& ladder, Millis idle, const PaneSum& request, PaneCell& cell,
                    std::vector<PaneReached>& reached);
bool session_is_over(const PaneCell& cell, Millis idle, EventTime by);
// After an edit of the ladder: rungs that the session's sum no longer reaches are armed again.
void rearm_session(const Ladder& ladder, PaneCell& cell);

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

// Of the metric: the amount; for ratios amount / requests rounded half-even to six decimals, in
// 10^-12; for averages rounded half-even; for percentiles of the sketch.
int128 value_of(Metric metric, const PaneSum& sums);
// What a ratio or an average is divided by.
std::int64_t denominator_of(Metric metric, const PaneSum& sums);

}  // namespace tocsin
