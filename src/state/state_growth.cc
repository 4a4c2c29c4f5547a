// SPDX-License-Identifier: Apache-2.0
// How the totals of budgets grow over their windows: marked now and then, so that alerts of the
// next window can say what this one had come to at the same time.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "state/growth_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

// The totals of all groups of a window; nothing: they are not known, or too many.
std::optional<std::vector<GrowthBook::Group>> totals_of(const WindowTable& table,
                                                        const HotCells& hot,
                                                        const Snapshot& store) {
  if (table.row.paged || table.row.groups > GrowthBook::kGroupsMax) return std::nullopt;
  std::vector<GrowthBook::Group> totals;
  totals.reserve(table.row.groups);
  std::set<std::uint64_t> here;
  const bool some = table.elsewhere && table.cells.size < table.row.groups;
  HotCells::Cursor cursor;
  for (auto at = hot.next(table.cells, cursor); at != HotCells::kAbsent;
       at = hot.next(table.cells, cursor)) {
    totals.push_back(GrowthBook::group(hot.group(at), hot[at].cell.total));
    if (some) here.insert(totals.back().hash);
  }
  if (some) {
    const std::string cells = key::window(key::kCell, table.state, to_ms(table.window.start));
    const auto scanned = store.scan(cells, key::after(cells), [&](auto key, auto value) {
      RowReader in(value);
      const auto group = GrowthBook::group(key.substr(key::kGroupAt), read_sum(in).total);
      if (here.insert(group.hash).second) totals.push_back(group);
      return in.ok();
    });
    if (!scanned) return std::nullopt;
  }
  if (totals.size() < table.row.groups) return std::nullopt;
  return totals;
}

// Of a window that nothing was in there is nothing in the store either.
std::optional<std::vector<GrowthBook::Group>> totals_of(const RuleState& rule, const Window& window,
                                                        const HotCells& hot,
                                                        const Snapshot& store) {
  const std::int64_t start = to_ms(window.start);
  const auto known = rule.windows.find(start);
  if (known != rule.windows.end()) return totals_of(known->second, hot, store);
  const auto stored = store.get(key::window(key::kWindow, rule.row.id, start));
  if (!stored || *stored) return std::nullopt;
  return std::vector<GrowthBook::Group>{};
}

}  // namespace

// Before the work is applied: what the totals are is what they were at the newest time so far, and
// until the oldest of what comes now. Between two steps it costs a comparison a commit.
void State::note_growth(const CommitInput& input) {
  const EventTime before = newest_time();
  EventTime oldest = EventTime::max();
  EventTime newest = StreamTime::kUnset;
  for (const Work& work : input.work) {
    oldest = std::min(oldest, work.oldest);
    for (const Progress& progress : work.progress) {
      newest = std::max(newest, progress.stream_time.now);
    }
  }
  growth_->erase_some(batch_);
  if (before == StreamTime::kUnset || newest <= before || newest < growth_->next_step) return;
  const EventTime until = std::max(before, std::min(oldest, newest));
  growth_->next_step = EventTime::max();
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState& rule = *rules_[i];
    if (!GrowthBook::marks(*rule.rule)) continue;
    const Window now = rule.calendar->window_at(newest);
    const Window then = rule.calendar->window_at(before);
    const std::int64_t step = GrowthBook::step(now, newest);
    growth_->next_step = std::min(growth_->next_step, GrowthBook::step_end(now, step));
    if (then == now && GrowthBook::step(then, before) == step) continue;
    if (auto totals = totals_of(rule, then, *hot_, store_)) {
      growth_->put(rule.row.id, then.start, {before, std::min(until, then.end), std::move(*totals)},
                   batch_);
    }
    if (then == now) continue;
    // Nothing came in the new one until then.
    if (until > now.start) growth_->put(rule.row.id, now.start, {now.start, until, {}}, batch_);
    growth_->forget_before(rule.row.id, then.start);
  }
}

// To the alert that was recorded last, of a group of a rule that is by its calendar.
void State::add_before(const RuleState& rule, const Window& about, std::string_view group) {
  Alert& alert = committed_.alerts.back().alert;
  if (!GrowthBook::marks(*rule.rule) || !about.contains(alert.at)) return;
  const Window before = by_id_[rule.row.id]->calendar->window_at(about.start - Millis{1});
  const auto total =
      growth_->total(rule.row.id, before, GrowthBook::same_time(before, alert.at, about), group);
  if (total) alert.before = Alert::Before{before, *total};
}

}  // namespace tocsin
