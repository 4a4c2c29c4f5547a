// SPDX-License-Identifier: Apache-2.0
// How the totals of budgets grow over their windows: marked now and then, so that alerts of the
// next window can say what this one had come to at the same time.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "state/driver_book.h"
#include "state/growth_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

// Of all groups of a window, as long as they are few their drivers, too. False: they are not known,
// or too many.
bool take_totals(const WindowTable& table, const HotCells& hot, const Snapshot& store,
                 DriverBook* drivers, GrowthBook::Mark& mark) {
  if (table.row.paged || table.row.groups > GrowthBook::kGroupsMax) return false;
  const DriverPlace place{table.state, to_ms(table.window.start)};
  const bool driven = drivers != nullptr && table.row.groups <= GrowthBook::kDrivenMax;
  auto& totals = mark.groups;
  totals.reserve(table.row.groups);
  std::set<std::uint64_t> here;
  const auto add = [&](std::string_view text, const GrowthBook::Group& group) {
    totals.push_back(group);
    if (!driven) return;
    std::string row = drivers->row(place, text);
    if (!row.empty()) mark.drivers.emplace_back(group.hash, std::move(row));
  };
  const bool some = table.elsewhere && table.cells.size < table.row.groups;
  HotCells::Cursor cursor;
  for (auto at = hot.next(table.cells, cursor); at != HotCells::kAbsent;
       at = hot.next(table.cells, cursor)) {
    add(hot.group(at), GrowthBook::group(hot.group(at), hot[at].cell.total));
    if (some) here.insert(totals.back().hash);
  }
  if (some) {
    const std::string cells = key::window(key::kCell, table.state, to_ms(table.window.start));
    const auto scanned = store.scan(cells, key::after(cells), [&](auto key, auto value) {
      RowReader in(value);
      const auto group = GrowthBook::group(key.substr(key::kGroupAt), read_sum(in).total);
      if (here.insert(group.hash).second) add(key.substr(key::kGroupAt), group);
      return in.ok();
    });
    if (!scanned) return false;
  }
  return totals.size() >= table.row.groups;
}

// Of a window that nothing was in there is nothing in the store either.
bool take_totals(const RuleState& rule, const Window& window, const HotCells& hot,
                 const Snapshot& store, DriverBook& drivers, GrowthBook::Mark& mark) {
  const std::int64_t start = to_ms(window.start);
  const auto known = rule.windows.find(start);
  if (known != rule.windows.end()) {
    return take_totals(known->second, hot, store, rule.drives ? &drivers : nullptr, mark);
  }
  const auto stored = store.get(key::window(key::kWindow, rule.row.id, start));
  return stored && !*stored;
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
    GrowthBook::Mark mark{before, std::min(until, then.end), {}, {}};
    if (take_totals(rule, then, *hot_, store_, *drivers_, mark)) {
      growth_->put(rule.row.id, then.start, mark, batch_);
    }
    if (then == now) continue;
    // Nothing came in the new one until then.
    if (until > now.start) {
      growth_->put(rule.row.id, now.start, {now.start, until, {}, {}}, batch_);
    }
    growth_->forget_before(rule.row.id, then.start);
  }
}

// To the alert that was recorded last, of a group of a rule that is by its calendar.
void State::add_before(const RuleState& rule, const Window& about, std::string_view group) {
  Alert& alert = committed_.alerts.back().alert;
  if (!GrowthBook::marks(*rule.rule) || !about.contains(alert.at)) return;
  const Window before = by_id_[rule.row.id]->calendar->window_at(about.start - Millis{1});
  alert.before = growth_->before(rule.row.id, before, about, alert.at, group, alert.drivers);
}

// To the alert that was recorded last: what came of late.
void State::add_recent(const RuleState& rule, const Window& about, std::string_view group) {
  Alert& alert = committed_.alerts.back().alert;
  if (!GrowthBook::marks(*rule.rule) || !about.contains(alert.at)) return;
  alert.recent = growth_->recent(rule.row.id, about, alert.at, group, alert.value);
}

}  // namespace tocsin
