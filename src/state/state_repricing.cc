// SPDX-License-Identifier: Apache-2.0
// Putting right what requests cost that were counted before: all of it in one commit, or nothing.
#include <algorithm>

#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/group.h"
#include "tocsin/row.h"

namespace tocsin {

Result<RepricingStart> State::begin_repricing(const RepricingRequest& request, bool keep) {
  if (!tariff_) return reject("it is not known by which prices this state was counted");
  RepricingStart start;
  start.version = version_;
  start.tariff = *tariff_;
  start.tariff.bytes.reset();
  start.time = newest_time();
  for (const auto& row : partitions_) {
    start.first.push_back(row.first_offset);
    start.until.push_back(row.position.next_offset);
  }
  for (std::size_t i = 0; i < in_force_; ++i) start.states.push_back(rules_[i]->row.id);
  if (keep) batch_.put(key::meta("repricing"), encode_request(request));
  return start;
}

void State::give_up_repricing() { batch_.erase(key::meta("repricing")); }

Result<Committed> State::correct(const Corrections& corrections, WallTime now) {
  if (corrections.version != version_) return retry("other rules or prices are in force by now");
  const CrashSpan span(CrashStep::correct);
  batch_.erase(key::meta("repricing"));
  RepricingRow row = corrections.row;
  row.in_force.assign(in_force_ids_.begin(), in_force_ids_.end());
  batch_.put(key::numbered(key::kRepricing, commit_ + 1), encode_repricing(row));
  if (corrections.turns != nullptr) turn_prices(*corrections.turns);
  return commit({.now = now, .sync = Sync::yes, .corrections = &corrections});
}

// Of days before the first kept, requests that came late are in no row, and so no row can say how
// many of its own have a price.
void State::turn_prices(const PriceTurns& turns) {
  const std::int32_t first = first_unpriced_day();
  for (const auto& [of, row] : turns.came.rows()) {
    if (of.day >= first) unpriced_.price_later(of, row.requests);
  }
  for (const auto& [of, row] : turns.again.rows()) {
    if (of.day >= first) unpriced_.lose_price(of, row.requests);
  }
  unpriced_.add(turns.gone, first);
}

Result<void> State::put_right(std::span<const Delta> deltas) {
  for (const Delta& delta : deltas) {
    RuleState& rule = *rules_[delta.rule];
    if (rule.by_pane) {
      put_right_pane(rule, delta);
    } else if (auto done = put_right_sum(rule, delta); !done) {
      return done;
    }
  }
  return {};
}

// kAbsent: there is none, not even of those that share (other).
Result<HotCells::Place> State::find_cell(RuleState& rule, WindowTable& table,
                                         std::string_view group) {
  for (const std::string_view name : {group, std::string_view(kOverflowGroup)}) {
    const std::uint32_t hash = hot_->hash(table.cells, name);
    const HotCells::Place at = hot_->find(table.cells, name, hash);
    if (at != HotCells::kAbsent) return at;
    if (!table.elsewhere) continue;
    const auto loaded = load_cell(rule, table, name, hash);
    if (!loaded || *loaded != HotCells::kAbsent) return loaded;
  }
  return HotCells::kAbsent;
}

// A window or cell that is not there has nothing to be put right.
Result<void> State::put_right_sum(RuleState& rule, const Delta& delta) {
  const std::int64_t start = rule.window_start(delta.at);
  if (!rule.windows.contains(start)) {
    const auto stored = store_.get(key::window(key::kWindow, rule.row.id, start));
    if (!stored) return tl::unexpected(stored.error());
    if (!*stored) return {};
  }
  const auto found = window(rule, start);
  if (!found) return tl::unexpected(found.error());
  WindowTable& table = **found;
  const auto cell = find_cell(rule, table, delta.group);
  if (!cell) return tl::unexpected(cell.error());
  if (*cell == HotCells::kAbsent) return {};
  HotCell& entry = (*hot_)[*cell];
  const std::string_view group = hot_->group(*cell);
  if (entry.edition != rule.edition) renew(rule, table, group, entry);
  const int128 before = entry.cell.total;
  GroupParts* const parts = parts_of(rule, table, *cell);
  if (parts != nullptr) {
    parts->add(event_time_ms(delta.at), delta.amount, 0);
    keep_parts(table, group, *parts);
  }
  entry.cell.total += delta.amount;
  if (parts == nullptr &&
      no_longer_met(rule.ladder_of(group, table.window.start), entry.cell) != 0) {
    keep_height(table, group, before);
  }
  touch(rule, table, *cell, now_within(table.window));
  return {};
}

// Else the next look at the ladder would take it for a limit that was raised, and ring again.
void State::keep_height(WindowTable& table, std::string_view group, int128 total) {
  int128& height = table.heights.try_emplace(std::string(group), total).first->second;
  height = std::max(height, total);
  std::string bytes;
  RowWriter(bytes).amount(height);
  batch_.put(key::cell(key::kHeight, table.state, to_ms(table.window.start), group),
             std::move(bytes));
}

void State::put_right_pane(RuleState& rule, const Delta& delta) {
  PaneEntry* entry = rule.groups.find(delta.group);
  if (entry == nullptr) entry = rule.groups.find(kOverflowGroup);
  if (entry == nullptr) return;
  if (entry->edition != rule.edition) renew(rule, *entry);
  if (!entry->active) pass_by(rule, *entry);
  if (entry->cell.panes.find(delta.at) == nullptr) return;  // nothing covers it any more
  if (entry->commit != commit_) entry->latest = presumed_time();
  touch_group(rule, *entry);
  entry->cell.panes.add({delta.at, delta.amount, 0});
  if (rule.shape != nullptr) rule.shape->add(rule.pane_rule.panes.start(delta.at), delta.amount, 0);
  entry->changed.push_back(delta.at);
}

}  // namespace tocsin
