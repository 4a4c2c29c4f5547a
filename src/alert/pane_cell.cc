// SPDX-License-Identifier: Apache-2.0
#include "alert/pane_cell.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr Millis kDay{86'400'000};

auto position(const std::vector<PaneSum>& panes, std::int64_t pane) {
  return std::lower_bound(panes.begin(), panes.end(), pane,
                          [](const PaneSum& a, std::int64_t b) { return a.pane < b; });
}

// What a judged pane's value covers: W up to the pane's end, or the calendar window up to it.
struct Covered {
  Window window;
  PaneSum sums;
  std::optional<PaneSum> then{};            // what it is compared with, if there is such
  Millis elapsed{0};                        // of a calendar window
  bool whole = true;                        // the group's first request was not within it
  std::optional<WeekShape::Share> usual{};  // of a calendar window, for forecasts
};

struct Comparison {
  int128 left, right;
};

// The value and `amount` of the metric, both times the same, in whole numbers.
Comparison against(const PaneRule& rule, int128 amount, const PaneSum& sums) {
  switch (measure_of(rule.metric)) {
    case Measure::sum: return {sums.amount, amount};
    case Measure::ratio:
      return {sums.amount * power_of_ten(12), amount * denominator_of(rule.metric, sums)};
    case Measure::average: return {sums.amount, amount * denominator_of(rule.metric, sums)};
    case Measure::percentile: return {value_of(rule.metric, sums), amount};
  }
  return {0, 0};
}

bool enough(const PaneRule& rule, const PaneSum& sums) {
  const bool absence = rule.judges_absence && is_sum(rule.metric);
  const std::int64_t least =
      absence ? rule.min_requests : std::max<std::int64_t>(rule.min_requests, 1);
  if (denominator_of(rule.metric, sums) < least) return false;
  if (!rule.min_cost) return true;
  if (is_money(rule.metric)) return sums.amount >= *rule.min_cost;
  return sums.more.get() != nullptr && sums.more.get()->cost >= *rule.min_cost;
}

// How much of a window has passed: by the clock, or by what usually comes in it.
struct Passed {
  std::int64_t elapsed, whole;
};
Passed by_clock(const Covered& now) {
  return {now.elapsed.count(), (now.window.end - now.window.start).count()};
}
Passed passed(const Covered& now) {
  return now.usual ? Passed{now.usual->elapsed, now.usual->whole} : by_clock(now);
}
bool is_a_tenth(const Passed& of) { return int128{of.elapsed} * 10 >= of.whole; }

// A forecast says nothing in the first tenth of a window, nor of so few requests.
constexpr std::int64_t kForecastRequests = 20;

bool foreseeable(const Covered& now) {
  return now.sums.requests >= kForecastRequests && is_a_tenth(by_clock(now)) &&
         is_a_tenth(passed(now));
}

// Requests that do not come in a calendar window have not come when it ends.
bool is_over(const PaneRule& rule, const Covered& now) {
  return rule.calendar == nullptr || now.window.start + now.elapsed >= now.window.end;
}

// Is the rung at `amount` reached, in exact arithmetic?
bool holds_at(const PaneRule& rule, Rung::Kind kind, int128 amount, const Covered& now) {
  const PaneSum& sums = now.sums;
  if (!enough(rule, sums)) return false;
  const bool known = !rule.judges_absence || is_over(rule, now);
  switch (kind) {
    case Rung::Kind::forecast: {
      const Passed of = passed(now);
      return foreseeable(now) && sums.amount * of.whole >= amount * of.elapsed;
    }
    case Rung::Kind::times:
    case Rung::Kind::times_below: {
      if (!now.then) return false;
      const int128 value = value_of(rule.metric, sums) * power_of_ten(12);
      const int128 line = amount * value_of(rule.metric, *now.then);
      if (line <= 0) return false;
      return kind == Rung::Kind::times ? value >= line : value < line && known;
    }
    case Rung::Kind::below: {
      const auto [left, right] = against(rule, amount, sums);
      return left < right && (!is_sum(rule.metric) || (known && now.whole));
    }
    case Rung::Kind::share:
    case Rung::Kind::left:
    case Rung::Kind::amount: break;
  }
  const auto [left, right] = against(rule, amount, sums);
  return left >= right;
}

bool holds(const PaneRule& rule, const Ladder::Step& step, const Covered& now) {
  const bool sum = step.kind != Rung::Kind::forecast && is_sum(rule.metric);
  return holds_at(rule, step.kind, sum ? step.reached_at : step.amount, now);
}

// Does what has been reached go on? Until the value is past `resolve_at`, on the other side.
bool goes_on(const PaneRule& rule, const Ladder::Step& step, const Covered& now) {
  if (!rule.resolve_at) return holds(rule, step, now);
  return holds_at(rule, step.kind, *rule.resolve_at, now);
}

std::optional<int128> beside(const PaneRule& rule, const Ladder::Step& step, const Covered& now) {
  if (step.kind == Rung::Kind::forecast) {  // whose windows have an end
    const Passed of = passed(now);
    if (of.elapsed > 0) return now.sums.amount * of.whole / of.elapsed;
  }
  if (now.then) return value_of(rule.metric, *now.then);
  return std::nullopt;
}

// By what a forecast was made.
std::optional<Alert::Shape> shape_of(const PaneRule& rule, const Ladder::Step& step,
                                     const Covered& now) {
  if (step.kind != Rung::Kind::forecast || !now.usual) return std::nullopt;
  return Alert::Shape{now.usual->weeks,
                      rule.shape->reached(now.window, now.window.start + now.elapsed,
                                          now.sums.amount, step.amount)};
}

Window rolling_window(const PaneRule& rule, std::int64_t pane) {
  return {rule.panes.end(pane) - rule.length, rule.panes.end(pane)};
}

// The same so long ago: nothing if it began before the group did.
std::optional<PaneSum> sums_then(const PaneRule& rule, const PaneCell& cell, std::int64_t pane,
                                 const Window& window) {
  if (!rule.compare_to) return std::nullopt;
  std::int64_t first = 0;
  std::int64_t last = 0;
  if (rule.calendar == nullptr) {
    last = pane - *rule.compare_to / rule.panes.length;
    first = rule.panes.first_covered(last);
  } else {
    // Within a day's change of clocks, and in no other window.
    const Millis within = std::min((window.end - window.start) / 2, Millis{7'200'000});
    const Window then = rule.calendar->window_at(window.start - *rule.compare_to + within);
    first = rule.panes.at(then.start);
    last = std::min(first + pane - rule.panes.at(window.start), rule.panes.at(then.end) - 1);
  }
  if (first < cell.first_pane) return std::nullopt;
  return cell.panes.over(first, last);
}

Covered covered(const PaneRule& rule, PaneCell& cell, std::int64_t pane) {
  if (rule.calendar == nullptr) {
    const Window window = rolling_window(rule, pane);
    const std::int64_t first = rule.panes.first_covered(pane);
    return {.window = window,
            .sums = cell.panes.over(first, pane),
            .then = sums_then(rule, cell, pane, window),
            .whole = first >= cell.first_pane};
  }
  const Window window = rule.calendar->window_at(rule.panes.start(pane));
  if (window.start != cell.window_start) {
    cell.window_start = window.start;
    cell.window = {};
  }
  cell.window.pane = pane;
  if (const PaneSum* own = cell.panes.find(pane)) cell.window.merge(*own);
  return {window, cell.window, sums_then(rule, cell, pane, window),
          std::min(rule.panes.end(pane), window.end) - window.start,
          rule.panes.at(window.start) >= cell.first_pane};
}

const Ladder::Step* step_of(const Ladder& ladder, unsigned bit) {
  for (const auto& step : ladder.steps) {
    if (step.bit == bit) return &step;
  }
  return nullptr;
}

Episode* episode_of(PaneCell& cell, unsigned bit) {
  for (auto& episode : cell.episodes) {
    if (episode.bit == bit) return &episode;
  }
  return nullptr;
}

// In a calendar window: each rung that its sums meet is told, and no other one is.
bool at_rest(const PaneRule& rule, const Ladder& ladder, const PaneCell& cell) {
  if (rule.compare_to || rule.forecasts || rule.judges_absence) return false;
  const Covered now{{}, cell.window};
  std::size_t met = 0;
  for (const auto& step : ladder.steps) {
    if (!holds(rule, step, now)) continue;
    ++met;
    const bool told = std::any_of(cell.episodes.begin(), cell.episodes.end(), [&](const auto& e) {
      return e.bit == step.bit && e.told && !e.below_since;
    });
    if (!told) return false;
  }
  return met == cell.episodes.size();
}

// The pane that ends the calendar window of `pane`, or the first tenth of it.
std::int64_t last_of(const PaneRule& rule, std::int64_t pane) {
  const Window window = rule.calendar->window_at(rule.panes.start(pane));
  return window.end == kNever ? INT64_MAX : rule.panes.at(window.end - Millis{1});
}
std::int64_t tenth_of(const PaneRule& rule, std::int64_t pane) {
  const Window window = rule.calendar->window_at(rule.panes.start(pane));
  if (window.end == kNever) return INT64_MAX;
  return rule.panes.at(window.start + (window.end - window.start) / 10 - Millis{1});
}

// The next pane of `pane`'s window, from it on, at which more of what usually comes is known, or
// enough of that has passed, so that forecasts change without a request.
std::int64_t next_known(const PaneRule& rule, const PaneCell& cell, std::int64_t pane) {
  const EventTime at = rule.panes.start(pane);
  const Window window = rule.calendar->window_at(at);
  if (rule.shape == nullptr || window.start != cell.window_start || cell.window.requests == 0) {
    return INT64_MAX;
  }
  const EventTime week = rule.shape->next_week(at);
  std::int64_t next = week < window.end ? rule.panes.at(week) : INT64_MAX;
  if (const auto tenth = rule.shape->tenth(window, at)) {
    const std::int64_t by_tenth = rule.panes.at(*tenth - Millis{1});
    if (by_tenth >= pane) next = std::min(next, by_tenth);
  }
  return next;
}

// With nothing in it and all told, a rolling window stays as it is.
bool stays_empty(const PaneRule& rule, const PaneCell& cell, std::int64_t pane) {
  const auto covered = position(cell.panes.all(), rule.panes.first_covered(pane - 1));
  return covered == cell.panes.all().end() &&
         std::all_of(cell.episodes.begin(), cell.episodes.end(),
                     [](const Episode& e) { return e.told && !e.below_since; });
}

// The next pane that can matter. With nothing pending, the first that has or covers an event; with
// a calendar window at rest, the first that has one, or is of the next window: a clock that leaps
// by years is not followed minute by minute.
std::int64_t next_to_judge(const PaneRule& rule, const Ladder& ladder, const PaneCell& cell,
                           std::int64_t from, std::int64_t through) {
  const auto& panes = cell.panes.all();
  if (rule.judges_absence && rule.calendar == nullptr) {
    if (!stays_empty(rule, cell, from)) return from;
    const auto next = position(panes, from);
    return next == panes.end() ? through + 1 : next->pane;
  }
  const auto begins = std::min_element(
      cell.episodes.begin(), cell.episodes.end(),
      [](const Episode& a, const Episode& b) { return a.first_pane < b.first_pane; });
  const bool only_forecasts =
      rule.forecasts && std::all_of(ladder.steps.begin(), ladder.steps.end(), [](const auto& step) {
        return step.kind == Rung::Kind::forecast;
      });
  if (!only_forecasts && begins != cell.episodes.end() && begins->first_pane <= from) {
    if (rule.calendar == nullptr || !at_rest(rule, ladder, cell)) return from;
    const Window window = rule.calendar->window_at(rule.panes.start(from));
    if (window.start != cell.window_start) return from;
    const auto next = position(panes, from);
    std::int64_t pane = next == panes.end() ? through + 1 : next->pane;
    if (window.end != kNever) pane = std::min(pane, rule.panes.at(window.end - Millis{1}) + 1);
    return pane;
  }
  // One that rang ahead of time, by a stamp of 2099, says nothing of the years until then.
  std::int64_t last =
      begins == cell.episodes.end() || only_forecasts ? through + 1 : begins->first_pane;
  if (rule.calendar != nullptr && !only_forecasts && rule.judges_absence &&
      (!rule.grouped || cell.window.requests > 0)) {
    last = std::min(last, last_of(rule, from));
  }
  if (rule.forecasts) {
    if (from <= tenth_of(rule, from)) last = std::min(last, tenth_of(rule, from));
    last = std::min(last, next_known(rule, cell, from));
  }
  const std::int64_t reach = rule.calendar == nullptr ? rule.panes.first_covered(from) : from;
  const auto first = position(panes, reach);
  if (first == panes.end()) return last;
  return std::min(std::max(from, first->pane), last);
}

// Forecasts are told once a window, and end with it without a word.
void end_forecasts(const PaneRule& rule, const Ladder& ladder, const Window& window,
                   PaneCell& cell) {
  std::erase_if(cell.episodes, [&](const Episode& episode) {
    const Ladder::Step* step = step_of(ladder, episode.bit);
    return (step == nullptr || step->kind == Rung::Kind::forecast) &&
           rule.panes.start(episode.first_pane) < window.start;
  });
}

void end_if_long_below(const PaneRule& rule, const Ladder::Step* step, const Covered& now,
                       Episode& episode, std::vector<PaneEnded>& ended) {
  const std::int64_t pane = now.sums.pane;
  if (!episode.below_since) episode.below_since = pane;
  const Millis below = rule.panes.end(pane) - rule.panes.end(*episode.below_since);
  if (below < rule.keep_firing_for) return;
  if (step != nullptr) {
    // As the alert that it ends was made.
    const EventTime id_start =
        rule.judged ? rule.panes.start(episode.first_pane)
                    : rule.panes.slot_window(rule.panes.slot(episode.first_pane)).start;
    ended.push_back({step, id_start, rule.panes.start(episode.first_pane), rule.panes.end(pane),
                     now.window, value_of(rule.metric, now.sums), now.sums.amount,
                     denominator_of(rule.metric, now.sums), episode.highest,
                     beside(rule, *step, now), shape_of(rule, *step, now)});
  }
  episode.bit = 64;  // over: erased below
}

void judge_rung(const PaneRule& rule, const Ladder::Step& step, const Covered& now, PaneCell& cell,
                std::vector<PaneReached>& reached) {
  Episode* episode = episode_of(cell, step.bit);
  if (!(episode != nullptr ? goes_on(rule, step, now) : holds(rule, step, now))) return;
  const std::int64_t pane = now.sums.pane;
  const int128 value = value_of(rule.metric, now.sums);
  if (episode == nullptr) {
    if (!rule.judged) return;
    cell.episodes.push_back({step.bit, pane, false, std::nullopt, value});
    episode = &cell.episodes.back();
  }
  episode->below_since.reset();
  const bool below = step.kind == Rung::Kind::below || step.kind == Rung::Kind::times_below;
  episode->highest = below ? std::min(episode->highest, value) : std::max(episode->highest, value);
  if (episode->told || rule.panes.end(pane) - rule.panes.end(episode->first_pane) < rule.hold) {
    return;
  }
  episode->told = true;
  const EventTime id_start =
      step.kind == Rung::Kind::forecast ? now.window.start : rule.panes.start(episode->first_pane);
  reached.push_back({&step, id_start, now.window, value, now.sums.amount,
                     denominator_of(rule.metric, now.sums), false, rule.panes.end(pane),
                     beside(rule, step, now), shape_of(rule, step, now)});
}

void note_peak(const PaneRule& rule, std::int64_t start, const PaneSum& sums) {
  if (rule.peaks == nullptr || denominator_of(rule.metric, sums) < rule.min_requests) return;
  const int128 value = value_of(rule.metric, sums);
  auto& peaks = *rule.peaks;
  if (peaks.empty() || peaks.back().start != start) {
    peaks.push_back({start, value});
  } else {
    peaks.back().value = std::max(peaks.back().value, value);
  }
}

}  // namespace

void PaneSum::merge_more(const PaneMore& theirs) {
  PaneMore& ours = more.make();
  ours.cost += theirs.cost;
  ours.sketch.merge(theirs.sketch);
}

void PaneSeries::add(const PaneSum& sums) {
  auto at = panes_.begin() + (position(panes_, sums.pane) - panes_.cbegin());
  if (at == panes_.end() || at->pane != sums.pane) {
    panes_.insert(at, sums);
  } else {
    at->merge(sums);
  }
}

std::size_t PaneSeries::more_bytes() const {
  std::size_t bytes = 0;
  for (const PaneSum& sums : panes_) {
    if (const PaneMore* const more = sums.more.get()) {
      bytes += sizeof(PaneMore) + 16 + more->sketch.bytes();
    }
  }
  return bytes;
}

void PaneSeries::set(const PaneSum& sums) {
  auto at = panes_.begin() + (position(panes_, sums.pane) - panes_.cbegin());
  if (at == panes_.end() || at->pane != sums.pane) at = panes_.insert(at, sums);
  *at = sums;
}

PaneSum PaneSeries::over(std::int64_t from, std::int64_t to) const {
  PaneSum sum{to, 0, 0};
  for (auto at = position(panes_, from); at != panes_.end() && at->pane <= to; ++at) {
    sum.merge(*at);
  }
  return sum;
}

const PaneSum* PaneSeries::find(std::int64_t pane) const {
  const auto at = position(panes_, pane);
  return at != panes_.end() && at->pane == pane ? &*at : nullptr;
}

void PaneSeries::drop_before(std::int64_t pane) {
  panes_.erase(panes_.begin(), position(panes_, pane));
}

std::int64_t denominator_of(Metric metric, const PaneSum& sums) {
  if (!by_distinct(metric)) return sums.requests;
  return sums.more.get() == nullptr ? 0 : sums.more.get()->sketch.distinct();
}

int128 value_of(Metric metric, const PaneSum& sums) {
  const Measure measure = measure_of(metric);
  if (measure == Measure::sum) return sums.amount;
  if (measure == Measure::percentile) {
    return sums.more.get() == nullptr ? 0 : sums.more.get()->sketch.quantile(quantile_of(metric));
  }
  const std::int64_t denominator = denominator_of(metric, sums);
  if (denominator == 0) return 0;
  if (measure == Measure::average) return divide_half_even(sums.amount, denominator);
  return divide_half_even(sums.amount * 1'000'000, denominator) * 1'000'000;
}

void ring(const PaneRule& rule, const Ladder& ladder, std::int64_t touched, PaneCell& cell,
          std::vector<PaneReached>& reached) {
  if (ladder.steps.empty()) return;
  const auto& panes = cell.panes.all();
  Covered now;
  PaneSum& sums = now.sums;
  auto tail = position(panes, rule.panes.first_covered(touched));
  auto next = tail;
  for (; next != panes.end() && next->pane <= rule.last_pane; ++next) {
    sums.amount += next->amount;
    sums.requests += next->requests;
    while (tail->pane < rule.panes.first_covered(next->pane)) {
      sums.amount -= tail->amount;
      sums.requests -= tail->requests;
      ++tail;
    }
    if (next->pane < touched) continue;
    sums.pane = next->pane;
    const std::int64_t slot = rule.panes.slot(next->pane);
    note_peak(rule, to_ms(rule.panes.slot_window(slot).start), sums);
    for (const auto& step : ladder.steps) {
      if (!holds(rule, step, now)) continue;
      auto marks = std::find_if(cell.slots.begin(), cell.slots.end(),
                                [&](const auto& s) { return s.slot == slot; });
      if (marks == cell.slots.end()) marks = cell.slots.insert(marks, {slot, 0});
      const std::uint64_t bit = std::uint64_t{1} << step.bit;
      Episode* episode = episode_of(cell, step.bit);
      if (episode != nullptr) episode->highest = std::max(episode->highest, sums.amount);
      if ((marks->reached & bit) != 0) continue;
      marks->reached |= bit;
      reached.push_back({&step, rule.panes.slot_window(slot).start,
                         rolling_window(rule, next->pane), sums.amount, sums.amount, sums.requests,
                         episode != nullptr});
      if (episode == nullptr) {
        cell.episodes.push_back({step.bit, next->pane, true, std::nullopt, sums.amount});
      }
    }
  }
}

void judge(const PaneRule& rule, const Ladder& ladder, std::int64_t through, PaneCell& cell,
           std::vector<PaneReached>& reached, std::vector<PaneEnded>& ended) {
  if (cell.judged_through == INT64_MIN) {
    if (cell.panes.empty()) return;
    // Not beyond `through`: records of earlier panes may still come, from another partition.
    cell.judged_through = std::min(cell.panes.all().front().pane - 1, through);
  }
  for (std::int64_t pane = cell.judged_through + 1; pane <= through; ++pane) {
    pane = next_to_judge(rule, ladder, cell, pane, through);
    if (pane > through) break;
    Covered now = covered(rule, cell, pane);
    if (rule.forecasts) end_forecasts(rule, ladder, now.window, cell);
    if (rule.shape != nullptr) {
      now.usual =
          rule.shape->share(now.window, rule.panes.start(pane), now.window.start + now.elapsed);
    }
    note_peak(rule,
              to_ms(rule.calendar != nullptr ? now.window.start
                                             : rule.panes.slot_window(rule.panes.slot(pane)).start),
              now.sums);
    for (const auto& step : ladder.steps) judge_rung(rule, step, now, cell, reached);
    for (auto& episode : cell.episodes) {
      // A rung rings before its pane is judged: what lies before it says nothing about its end.
      if (pane < episode.first_pane) continue;
      const Ladder::Step* step = step_of(ladder, episode.bit);
      if (step != nullptr && (step->kind == Rung::Kind::forecast || goes_on(rule, *step, now))) {
        episode.below_since.reset();
        continue;
      }
      if (!episode.told) {
        episode.bit = 64;
      } else {
        end_if_long_below(rule, step, now, episode, ended);
      }
    }
    std::erase_if(cell.episodes, [](const Episode& e) { return e.bit == 64; });
  }
  cell.judged_through = std::max(cell.judged_through, through);
}

namespace {

// Judged panes of a calendar window live on in its sums, and as what later ones are compared with.
void drop_judged(const PaneRule& rule, std::int64_t through, PaneCell& cell) {
  if (!rule.compare_to) return cell.panes.drop_before(through + 1);
  const Window window = rule.calendar->window_at(rule.panes.start(through + 1));
  const Millis longest = *rule.compare_to + (window.end - window.start) + kDay;
  cell.panes.drop_before(rule.panes.at(window.start - longest) - 1);
}

}  // namespace

void settle(const PaneRule& rule, std::int64_t through, PaneCell& cell) {
  if (rule.calendar != nullptr) {
    // Those that the stored sums hold may be there once more: rows of a journal hold panes alone.
    const auto& panes = cell.panes.all();
    for (auto at = position(panes, cell.judged_through + 1); at != panes.end(); ++at) {
      if (at->pane <= through) covered(rule, cell, at->pane);
    }
    drop_judged(rule, std::max(cell.judged_through, through), cell);
  }
  cell.judged_through = std::max(cell.judged_through, through);
}

void rearm(const PaneRule& rule, const Ladder& ladder, PaneCell& cell) {
  if (rule.judged || cell.panes.empty()) return;
  const auto held = [&](const Ladder::Step& step, std::int64_t pane) {
    return holds(rule, step, {{}, cell.panes.over(rule.panes.first_covered(pane), pane)});
  };
  for (const auto& step : ladder.steps) {
    for (auto& slot : cell.slots) {
      const auto& panes = cell.panes.all();
      const bool met = std::any_of(panes.begin(), panes.end(), [&](const PaneSum& sums) {
        return rule.panes.slot(sums.pane) == slot.slot && held(step, sums.pane);
      });
      if (!met) slot.reached &= ~(std::uint64_t{1} << step.bit);
    }
    if (held(step, cell.panes.all().back().pane)) continue;
    std::erase_if(cell.episodes, [&](const Episode& e) { return e.bit == step.bit; });
  }
}

void forget(const PaneRule& rule, Millis lateness, EventTime watermark, PaneCell& cell) {
  if (rule.calendar != nullptr) {
    if (cell.judged_through != INT64_MIN) drop_judged(rule, cell.judged_through, cell);
    return;
  }
  // The first slot that still takes events; judged metrics take none before the watermark.
  const EventTime open = rule.judged ? watermark : watermark - lateness;
  const std::int64_t slot = rule.panes.slot(rule.panes.at(open));
  std::erase_if(cell.slots, [&](const auto& s) { return s.slot < slot; });
  if (rule.judged && cell.judged_through == INT64_MIN) return;  // none of it was judged yet
  const std::int64_t first = rule.judged ? cell.judged_through + 1 : slot * rule.panes.count;
  cell.panes.drop_before(rule.panes.first_covered(first) - rule.panes_back());
}

}  // namespace tocsin
