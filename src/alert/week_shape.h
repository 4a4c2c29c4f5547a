// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tocsin/decimal.h"
#include "tocsin/time.h"
#include "window/local_hours.h"

namespace tocsin {

// The usual shape of a rule's day and week, for forecasts: which share of a week comes in which of
// its 168 hours by the rule's clock, over all its groups. It is made of the last four weeks (from
// Monday) before the one that is asked about, each with the same weight, however much came in it.
// A week counts that is whole, for something came before it within a week more, and that has
// kRequestsAWeek. What is asked about a time depends only on what came in weeks before it. One
// thread.
class WeekShape {
 public:
  static constexpr int kWeeks = 4;
  static constexpr std::int64_t kRequestsAWeek = 100;
  // Of a window usually so many come, or it is left to a straight line.
  static constexpr std::int64_t kRequestsAWindow = 20;

  struct Hour {
    int128 amount = 0;
    std::int64_t requests = 0;
    bool changed = false;  // not told by take_changed() yet
  };
  // What usually has come of a window by some time in it, and in all of it, in one unit.
  struct Share {
    std::int64_t elapsed = 0, whole = 0;
    int weeks = 0;  // of which this is made
  };

  explicit WeekShape(LocalHours hours) : hours_(hours) {}
  WeekShape(const WeekShape&) = delete;
  WeekShape& operator=(const WeekShape&) = delete;

  void add(EventTime at, int128 amount, std::int64_t requests);
  // As it was stored (recovery). `hour` is LocalHours'.
  void set(std::int64_t hour, const Hour& sums);
  // What no time from `at` on is judged by leaves the memory: each(hour), once.
  template <class Each>
  void forget_before(EventTime at, Each&& each);
  // Hours changed since the last time: each(hour, sums).
  template <class Each>
  void take_changed(Each&& each);

  // At `by` in the window, or at its end, by weeks before that of `at`. Nothing: too little is
  // known, or comes, to say so.
  std::optional<Share> share(const Window& window, EventTime at, EventTime by);
  // When a tenth of what usually comes in the window has; nothing as above.
  std::optional<EventTime> tenth(const Window& window, EventTime at);
  // When usually so much of the window has come that `total` is reached, by what has come at `by`.
  std::optional<EventTime> reached(const Window& window, EventTime by, int128 now, int128 total);
  // When a week begins, not before `at`.
  EventTime next_week(EventTime at);

 private:
  // By the weeks before some week.
  struct Profile {
    std::int64_t week = 0;
    int weeks = 0;
    std::array<std::int64_t, LocalHours::kWeek> shares{};  // in 10^-9 of a week, summed
    std::array<std::int64_t, LocalHours::kWeek> requests{};
  };
  // How it runs through a window.
  struct Line {
    Window window;
    std::int64_t week = 0;
    int weeks = 0;  // 0: too little is known
    struct Point {
      EventTime at{};
      std::int64_t before = 0;  // what has come by then
    };
    std::vector<Point> points;  // from the window's start to its end

    std::int64_t whole() const { return points.back().before; }
    std::int64_t by(EventTime at) const;
    EventTime when(std::int64_t come) const;
  };

  Profile make_profile(std::int64_t week) const;
  Line make_line(const Window& window, std::int64_t week);
  const Line* line(const Window& window, EventTime at);

  LocalHours hours_;
  std::map<std::int64_t, Hour> sums_;                          // by LocalHours' number
  std::map<std::int64_t, Hour>::iterator last_ = sums_.end();  // added to
  std::vector<std::int64_t> changed_;
  std::int64_t latest_ = INT64_MIN;  // week asked about
  Profile profile_;
  std::array<Line, 4> lines_;  // the last ones asked about
  std::size_t newest_ = 0;
  struct Asked {
    Window window;
    EventTime at{}, by{};
    std::optional<Share> share;
  };
  std::optional<Asked> asked_;  // many groups ask the same
  Window week_;                 // part of one, up to its end
};

template <class Each>
void WeekShape::forget_before(EventTime at, Each&& each) {
  const std::int64_t first = (LocalHours::week(hours_.at(at)) - kWeeks - 1) * LocalHours::kWeek;
  while (!sums_.empty() && sums_.begin()->first < first) {
    each(sums_.begin()->first);
    sums_.erase(sums_.begin());
    last_ = sums_.end();
  }
}

template <class Each>
void WeekShape::take_changed(Each&& each) {
  for (const std::int64_t hour : changed_) {
    const auto at = sums_.find(hour);
    if (at == sums_.end()) continue;
    at->second.changed = false;
    each(hour, std::as_const(at->second));
  }
  changed_.clear();
}

}  // namespace tocsin
