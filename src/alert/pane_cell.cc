// SPDX-License-Identifier: Apache-2.0
#include "alert/pane_cell.h"

#include <algorithm>

namespace tocsin {
namespace {

auto position(const std::vector<PaneSum>& panes, std::int64_t pane) {
  return std::lower_bound(panes.begin(), panes.end(), pane,
                          [](const PaneSum& a, std::int64_t b) { return a.pane < b; });
}

// numerator / denominator >= amount in exact arithmetic; amount is in 10^-12 for ratios.
bool holds(const PaneRule& rule, const Ladder::Step& step, const PaneSum& sums) {
  if (sums.requests < std::max<std::int64_t>(rule.min_requests, 1)) return false;
  if (!rule.ratio) return sums.amount >= step.reached_at;
  return sums.amount * power_of_ten(12) >= step.amount * sums.requests;
}

Window rolling_window(const PaneRule& rule, std::int64_t pane) {
  return {rule.panes.end(pane) - rule.length, rule.panes.end(pane)};
}

// What a judged pane's value covers: W up to the pane's end, or the calendar window up to it.
struct Covered {
  Window window;
  PaneSum sums;
};

Covered covered(const PaneRule& rule, PaneCell& cell, std::int64_t pane) {
  if (rule.calendar == nullptr) {
    return {rolling_window(rule, pane), cell.panes.over(rule.panes.first_covered(pane), pane)};
  }
  const Window window = rule.calendar->window_at(rule.panes.start(pane));
  if (window.start != cell.window_start) {
    cell.window_start = window.start;
    cell.window_amount = 0;
    cell.window_requests = 0;
  }
  PaneSum sums{pane, cell.window_amount, cell.window_requests};
  if (const PaneSum* own = cell.panes.find(pane)) {
    sums.amount += own->amount;
    sums.requests += own->requests;
  }
  cell.window_amount = sums.amount;
  cell.window_requests = sums.requests;
  return {window, sums};
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
  const PaneSum sums{0, cell.window_amount, cell.window_requests};
  std::size_t met = 0;
  for (const auto& step : ladder.steps) {
    if (!holds(rule, step, sums)) continue;
    ++met;
    const bool told = std::any_of(cell.episodes.begin(), cell.episodes.end(), [&](const auto& e) {
      return e.bit == step.bit && e.told && !e.below_since;
    });
    if (!told) return false;
  }
  return met == cell.episodes.size();
}

// The next pane that can matter. With nothing pending, the first that has or covers an event; with
// a calendar window at rest, the first that has one, or is of the next window: a clock that leaps
// by years is not followed minute by minute.
std::int64_t next_to_judge(const PaneRule& rule, const Ladder& ladder, const PaneCell& cell,
                           std::int64_t from, std::int64_t through) {
  const auto begins = std::min_element(
      cell.episodes.begin(), cell.episodes.end(),
      [](const Episode& a, const Episode& b) { return a.first_pane < b.first_pane; });
  if (begins != cell.episodes.end() && begins->first_pane <= from) {
    if (rule.calendar == nullptr || !at_rest(rule, ladder, cell)) return from;
    const Window window = rule.calendar->window_at(rule.panes.start(from));
    if (window.start != cell.window_start) return from;
    const auto next = position(cell.panes.all(), from);
    std::int64_t pane = next == cell.panes.all().end() ? through + 1 : next->pane;
    if (window.end != kNever) pane = std::min(pane, rule.panes.at(window.end - Millis{1}) + 1);
    return pane;
  }
  // One that rang ahead of time, by a stamp of 2099, says nothing of the years until then.
  const std::int64_t last = begins == cell.episodes.end() ? through + 1 : begins->first_pane;
  const std::int64_t reach = rule.calendar == nullptr ? rule.panes.first_covered(from) : from;
  const auto first = position(cell.panes.all(), reach);
  if (first == cell.panes.all().end()) return last;
  return std::min(std::max(from, first->pane), last);
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
                     now.window, value_of(rule.ratio, now.sums.amount, now.sums.requests),
                     now.sums.amount, now.sums.requests, episode.highest});
  }
  episode.bit = 64;  // over: erased below
}

void judge_rung(const PaneRule& rule, const Ladder::Step& step, const Covered& now, PaneCell& cell,
                std::vector<PaneReached>& reached) {
  if (!holds(rule, step, now.sums)) return;
  const std::int64_t pane = now.sums.pane;
  const int128 value = value_of(rule.ratio, now.sums.amount, now.sums.requests);
  Episode* episode = episode_of(cell, step.bit);
  if (episode == nullptr) {
    if (!rule.judged) return;
    cell.episodes.push_back({step.bit, pane, false, std::nullopt, value});
    episode = &cell.episodes.back();
  }
  episode->below_since.reset();
  episode->highest = std::max(episode->highest, value);
  if (episode->told || rule.panes.end(pane) - rule.panes.end(episode->first_pane) < rule.hold) {
    return;
  }
  episode->told = true;
  reached.push_back({&step, rule.panes.start(episode->first_pane), now.window, value,
                     now.sums.amount, now.sums.requests, false});
}

void note_peak(const PaneRule& rule, std::int64_t start, const PaneSum& sums) {
  if (rule.peaks == nullptr || sums.requests < rule.min_requests) return;
  const int128 value = value_of(rule.ratio, sums.amount, sums.requests);
  auto& peaks = *rule.peaks;
  if (peaks.empty() || peaks.back().start != start) {
    peaks.push_back({start, value});
  } else {
    peaks.back().value = std::max(peaks.back().value, value);
  }
}

}  // namespace

const PaneSum& PaneSeries::add(std::int64_t pane, int128 amount, std::int64_t requests) {
  auto at = panes_.begin() + (position(panes_, pane) - panes_.cbegin());
  if (at == panes_.end() || at->pane != pane) at = panes_.insert(at, {pane, 0, 0});
  at->amount += amount;
  at->requests += requests;
  return *at;
}

void PaneSeries::set(const PaneSum& sums) {
  auto at = panes_.begin() + (position(panes_, sums.pane) - panes_.cbegin());
  if (at == panes_.end() || at->pane != sums.pane) at = panes_.insert(at, sums);
  *at = sums;
}

PaneSum PaneSeries::over(std::int64_t from, std::int64_t to) const {
  PaneSum sum{to, 0, 0};
  for (auto at = position(panes_, from); at != panes_.end() && at->pane <= to; ++at) {
    sum.amount += at->amount;
    sum.requests += at->requests;
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

int128 value_of(bool ratio, int128 amount, std::int64_t requests) {
  if (!ratio) return amount;
  if (requests == 0) return 0;
  return divide_half_even(amount * 1'000'000, requests) * 1'000'000;
}

void ring(const PaneRule& rule, const Ladder& ladder, std::int64_t touched, PaneCell& cell,
          std::vector<PaneReached>& reached) {
  if (ladder.steps.empty()) return;
  const auto& panes = cell.panes.all();
  PaneSum sums{};
  auto tail = position(panes, rule.panes.first_covered(touched));
  auto next = tail;
  for (; next != panes.end(); ++next) {
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
      if (!holds(rule, step, sums)) continue;
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
    const Covered now = covered(rule, cell, pane);
    note_peak(rule,
              to_ms(rule.calendar != nullptr ? now.window.start
                                             : rule.panes.slot_window(rule.panes.slot(pane)).start),
              now.sums);
    for (const auto& step : ladder.steps) judge_rung(rule, step, now, cell, reached);
    for (auto& episode : cell.episodes) {
      // A rung rings before its pane is judged: what lies before it says nothing about its end.
      if (pane < episode.first_pane) continue;
      const Ladder::Step* step = step_of(ladder, episode.bit);
      if (step != nullptr && holds(rule, *step, now.sums)) {
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

void settle(const PaneRule& rule, std::int64_t through, PaneCell& cell) {
  if (rule.calendar != nullptr) {
    // Those that the stored sums hold may be there once more: rows of a journal hold panes alone.
    cell.panes.drop_before(cell.judged_through + 1);
    for (const auto& sums : cell.panes.all()) {
      if (sums.pane <= through) covered(rule, cell, sums.pane);
    }
    cell.panes.drop_before(through + 1);
  }
  cell.judged_through = std::max(cell.judged_through, through);
}

void rearm(const PaneRule& rule, const Ladder& ladder, PaneCell& cell) {
  if (rule.judged || cell.panes.empty()) return;
  const auto held = [&](const Ladder::Step& step, std::int64_t pane) {
    return holds(rule, step, cell.panes.over(rule.panes.first_covered(pane), pane));
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
    // Judged panes live on in the window's sums.
    cell.panes.drop_before(cell.judged_through + 1);
    return;
  }
  // The first slot that still takes events; judged metrics take none before the watermark.
  const EventTime open = rule.judged ? watermark : watermark - lateness;
  const std::int64_t slot = rule.panes.slot(rule.panes.at(open));
  std::erase_if(cell.slots, [&](const auto& s) { return s.slot < slot; });
  if (rule.judged && cell.judged_through == INT64_MIN) return;  // none of it was judged yet
  const std::int64_t first = rule.judged ? cell.judged_through + 1 : slot * rule.panes.count;
  cell.panes.drop_before(rule.panes.first_covered(first));
}

}  // namespace tocsin
