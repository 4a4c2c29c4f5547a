// SPDX-License-Identifier: Apache-2.0
// After an edit of budgets or rungs: the groups of open windows are judged by the new ladder, some
// each commit, those in memory and those in the store.
#include <algorithm>

#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

constexpr std::size_t kLooksPerCommit = 10'000;

}  // namespace

Result<void> State::sweep(const CommitInput& input) {
  if (!sweep_) return {};
  Left left{limits_.spills_per_commit, kLooksPerCommit};
  while (!sweep_->states.empty()) {
    const auto known = by_id_.find(sweep_->states.back());
    // One that was taken out keeps its old ladder in its row: it is swept when it comes back.
    if (known != by_id_.end() && !retired(*known->second)) {
      RuleState& rule = *known->second;
      if (!sweep_->hot_done && !sweep_hot(rule, input, left)) return {};
      sweep_->hot_done = true;
      if (!rule.by_pane) {
        const auto done = sweep_stored(rule, input, left);
        if (!done) return tl::unexpected(done.error());
        if (!*done) return {};
      }
      rule.swept = rule.row.ladder;
      rule.before.reset();
      put_state_row(rule);
    }
    sweep_->states.pop_back();
    sweep_->begin();
  }
  sweep_.reset();
  return {};
}

// False: the commit has swept enough.
bool State::sweep_hot(RuleState& rule, const CommitInput& input, Left& left) {
  if (rule.by_pane) return sweep_groups(rule, left);
  for (auto at = rule.windows.lower_bound(sweep_->window); at != rule.windows.end(); ++at) {
    if (at->first != sweep_->window) sweep_->cell = {};
    sweep_->window = at->first;
    if (!sweep_table(rule, at->second, input, left)) return false;
  }
  return true;
}

bool State::sweep_table(RuleState& rule, WindowTable& table, const CommitInput& input, Left& left) {
  if (table.window.end != kNever && table.window.end <= watermark_) return true;
  while (left.changes > 0 && left.looks > 0) {
    const HotCells::Place at = hot_->next(table.cells, sweep_->cell);
    if (at == HotCells::kAbsent) return true;
    --left.looks;
    HotCell& entry = (*hot_)[at];
    const std::uint64_t reached = entry.cell.reached;
    renew(rule, table, hot_->group(at), entry);
    const bool rings =
        entry.cell.total >= entry.next_reached_at && entry.cell.requests >= rule.rule->min_requests;
    if (entry.cell.reached == reached && !rings) continue;
    --left.changes;
    touch(rule, table, at, watermark_);
    reach(rule, table, at, now_within(table.window), input);
  }
  return false;
}

EventTime State::newest_time() const {
  EventTime newest = watermark_;
  for (const auto& row : partitions_) newest = std::max(newest, row.stream_time.now);
  return newest;
}

// While no stamps are trusted yet, the least of the first ones stands for now.
EventTime State::presumed_time() const {
  EventTime newest = newest_time();
  if (newest != StreamTime::kUnset) return newest;
  for (const auto& row : partitions_) {
    if (row.stream_time.run > 0) newest = std::max(newest, row.stream_time.least);
  }
  return newest;
}

EventTime State::now_within(const Window& window) const {
  EventTime newest = presumed_time();
  if (window.end != kNever) newest = std::min(newest, window.end - Millis{1});
  return std::max(newest, window.start);
}

// Cells of panes are only armed again; they ring at their next event.
bool State::sweep_groups(RuleState& rule, Left& left) {
  for (; sweep_->bucket < rule.groups.buckets(); ++sweep_->bucket) {
    if (left.changes == 0 || left.looks == 0) return false;
    --left.looks;
    rule.groups.in_bucket(sweep_->bucket, [&](PaneEntry& entry) {
      if (entry.edition == rule.edition || !renew(rule, entry)) return;
      left.changes -= left.changes > 0 ? 1 : 0;
      touch_group(rule, entry);
    });
  }
  return true;
}

// Cells that are in the store alone: false if some are left.
Result<bool> State::sweep_stored(RuleState& rule, const CommitInput& input, Left& left) {
  const std::string prefix = key::window(key::kCell, rule.row.id, 0).substr(0, 5);
  std::vector<std::pair<std::int64_t, std::string>> stored;
  const std::string from = sweep_->key.empty() ? prefix : sweep_->key;
  if (left.changes == 0) return false;
  auto scanned = store_.scan(from, key::after(prefix), [&](auto key, auto) {
    sweep_->key.assign(key).push_back('\0');
    stored.emplace_back(key::read_i64(key.substr(5)), key.substr(key::kGroupAt));
    return stored.size() < left.changes;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  for (const auto& [start, group] : stored) {
    auto table = window(rule, start);
    if (!table) return tl::unexpected(table.error());
    const EventTime end = (*table)->window.end;
    if (end != kNever && end <= watermark_) continue;
    const auto cell = hot_cell(rule, **table, group, hot_->hash((*table)->cells, group));
    if (!cell) return tl::unexpected(cell.error());
    const HotCell& entry = (*hot_)[*cell];
    if (entry.cell.total < entry.next_reached_at) continue;
    touch(rule, **table, *cell, watermark_);
    reach(rule, **table, *cell, now_within((*table)->window), input);
  }
  if (stored.size() >= left.changes) return false;
  left.changes -= stored.size();
  return true;
}

}  // namespace tocsin
