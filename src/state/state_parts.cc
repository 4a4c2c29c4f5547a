// SPDX-License-Identifier: Apache-2.0
// Groups whose budget changes within a calendar window: each part of it is judged by its own.
#include <algorithm>
#include <vector>

#include "alert/make_alert.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

// A rung that a part has come to, and was not told.
struct PartReached {
  const GroupParts::Part* part = nullptr;
  Window of;
  const Ladder* ladder = nullptr;
  const Ladder::Step* step = nullptr;
};

// What the parts that have begun, by the newest time that is known of, have come to. `present` is
// the ladder of the last of them.
std::vector<PartReached> reached_by(RuleState& rule, const WindowTable& table,
                                    std::string_view group, EventTime now, const Ladder*& present) {
  std::vector<PartReached> reached;
  const GroupParts& parts = table.parts.find(group)->second;
  EventTime start = table.window.start;
  for (const auto& part : parts.parts()) {
    if (start != table.window.start && now < start) break;
    const Ladder& ladder = rule.ladder_of(group, start);
    present = &ladder;
    for (const auto& step : ladder.steps) {
      if (part.total < step.reached_at || part.requests < rule.rule->min_requests) break;
      if (parts.was_told(step.bit, step.amount)) continue;
      reached.push_back({&part, {start, part.end}, &ladder, &step});
    }
    start = part.end;
  }
  return reached;
}

// Marks of the rungs of the ladder in force that were told, for who looks at the cell.
std::uint64_t marks(const Ladder& ladder, const GroupParts& parts) {
  std::uint64_t marks = 0;
  for (const auto& step : ladder.steps) {
    if (parts.was_told(step.bit, step.amount)) marks |= std::uint64_t{1} << step.bit;
  }
  return marks;
}

}  // namespace

// Null: the group's budget does not change in the window.
GroupParts* State::parts_of(RuleState& rule, WindowTable& table, HotCells::Place cell) {
  if (!table.changes) return nullptr;
  const std::string_view group = hot_->group(cell);
  const auto ends = rule.part_ends(table, group);
  if (ends.empty()) return nullptr;
  auto known = table.parts.find(group);
  const SumCell& sum = (*hot_)[cell].cell;
  if (known == table.parts.end()) {
    known = table.parts.try_emplace(std::string(group)).first;
    // Told before its budget had dates, by the one in force.
    const Ladder& ladder = rule.ladder_of(group, now_within(table.window));
    for (const auto& step : ladder.steps) {
      const bool told = (sum.reached >> step.bit & 1) != 0 && sum.total >= step.reached_at;
      if (told) known->second.tell(step.bit, step.amount);
    }
  }
  known->second.divide(ends, {{}, sum.total, sum.requests});
  return &known->second;
}

void State::keep_parts(WindowTable& table, std::string_view group, const GroupParts& parts) {
  batch_.put(key::cell(key::kParts, table.state, to_ms(table.window.start), group), parts.encode());
}

// After an edit. What its parts were told at other amounts is no mark of the ladder now in force.
void State::renew_parts(RuleState& rule, WindowTable& table, std::string_view group,
                        HotCell& entry) {
  entry.next_reached_at = 0;  // it is for its parts to say
  if (entry.cell.reached == 0) return;
  const EventTime now = now_within(table.window);
  const Ladder& ladder = rule.ladder_of(group, now);
  const auto parts = table.parts.find(group);
  const std::uint64_t left = parts == table.parts.end()
                                 ? entry.cell.reached & no_longer_met(ladder, entry.cell)
                                 : entry.cell.reached & ~marks(ladder, parts->second);
  entry.cell.reached &= ~left;
  if (left == 0 || rule.before == nullptr || !rule.before->budgets) return;
  // A date may have come since, which is no edit.
  const auto before = rule.before->budgets->of(group, now);
  const auto budget = rule.rule->budgets->of(group, now);
  if (before < budget) tell_raised(rule, table, group, entry.cell, left, now);
}

// False: the group has no parts here. `at`: the greatest event time that changed it.
bool State::reach_parts(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime at,
                        const CommitInput& input) {
  GroupParts* const parts = parts_of(rule, table, cell);
  if (parts == nullptr) return false;
  const std::string_view group = hot_->group(cell);
  const Ladder* present = nullptr;
  for (const auto& one : reached_by(rule, table, group, std::max(at, watermark_), present)) {
    parts->tell(one.step->bit, one.step->amount);
    const EventTime last = one.of.end == kNever ? at : one.of.end - Millis{1};
    record(rule,
           {.ladder = one.ladder,
            .step = one.step,
            .group = group,
            .id_start = table.window.start,
            .about = table.window,
            .value = one.part->total,
            .amount = one.part->total,
            .requests = one.part->requests,
            .at = std::clamp(at, one.of.start, std::max(one.of.start, last)),
            .in_force = one.of.start},
           false, input);
    add_drivers(rule, table.window, group);
  }
  keep_parts(table, group, *parts);
  (*hot_)[cell].cell.reached = present == nullptr ? 0 : marks(*present, *parts);
  return true;
}

// The watermark has passed a change of budgets: lower ones may be over with what was spent before.
Result<void> State::judge_parts(const CommitInput& input) {
  if (watermark_ == StreamTime::kUnset) return {};
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState& rule = *rules_[i];
    if (rule.by_pane || !rule.has_dates()) continue;
    for (auto& [start, table] : rule.windows) {
      if (!table.changes || table.closing) continue;
      const EventTime from = std::exchange(table.parts_judged_at, watermark_);
      const auto& budgets = *rule.rule->budgets;
      if (!budgets.change_within(from, watermark_ + Millis{1})) continue;
      if (auto judged = judge_parts(rule, table, input); !judged) return judged;
    }
  }
  return {};
}

Result<void> State::judge_parts(RuleState& rule, WindowTable& table, const CommitInput& input) {
  for (auto next = table.parts.begin(); next != table.parts.end();) {
    const auto here = next++;  // a look at its cell may forget it
    const std::string group = here->first;
    const Ladder* present = nullptr;
    const bool rings = !reached_by(rule, table, group, watermark_, present).empty();
    if (!rings && !here->second.told_any()) continue;
    const auto cell = hot_cell(rule, table, group, hot_->hash(table.cells, group));
    if (!cell) return tl::unexpected(cell.error());
    HotCell& entry = (*hot_)[*cell];
    if (entry.edition != rule.edition) renew(rule, table, group, entry);
    touch(rule, table, *cell, watermark_);
    reach(rule, table, *cell, now_within(table.window), input);
  }
  return {};
}

}  // namespace tocsin
