// SPDX-License-Identifier: Apache-2.0
// Levels that an edit of the rules ends: limits raised above them, rules taken out.
#include <algorithm>

#include "state/state.h"

namespace tocsin {
namespace {

// The amount of a rung, by its text, as another version of the rule has it.
std::optional<int128> amount_in(const Rule& rule, const std::string& rung, const GroupAt& of) {
  const auto same = std::find_if(rule.ladder.begin(), rule.ladder.end(),
                                 [&](const Rung& one) { return one.text == rung; });
  if (same == rule.ladder.end()) return std::nullopt;
  const auto budget = rule.budgets ? rule.budgets->of(of.group, of.at) : std::nullopt;
  if (rule.budgets && !budget) return std::nullopt;
  return rung_amount(*same, budget);
}

// As the alert that told it was made.
EventTime id_start_of(const PaneRule& rule, const Episode& episode) {
  return rule.judged ? rule.panes.start(episode.first_pane)
                     : rule.panes.slot_window(rule.panes.slot(episode.first_pane)).start;
}

// From its first pane to `now`.
Crossing crossing_of(const PaneRule& rule, const Episode& episode, EventTime now) {
  const EventTime since = rule.panes.start(episode.first_pane);
  Crossing crossing;
  crossing.id_start = id_start_of(rule, episode);
  crossing.in_force = since;
  crossing.value = episode.highest;
  crossing.at = std::max(now, since);
  crossing.about = {since, crossing.at};
  return crossing;
}

}  // namespace

// With the id of the alert that told it, where the limit of before is known. `at` has no step.
Resolved State::ended_by_edit(RuleState& rule, std::string_view group, unsigned bit,
                              const Crossing& at) const {
  Resolved resolved;
  Resolution& end = resolved.resolution;
  const GroupAt of{group, at.in_force};
  Ladder ladder = rule.ladder_of(group, of.at);
  const auto step = std::find_if(ladder.steps.begin(), ladder.steps.end(),
                                 [&](const Ladder::Step& one) { return one.bit == bit; });
  if (step == ladder.steps.end()) return resolved;  // the ladder has no such rung any more
  const Rung& rung = rule.rule->ladder[step->rung];
  if (rule.before != nullptr) {
    if (const auto amount = amount_in(*rule.before, rung.text, of)) {
      end.limit_before = rule.before->budgets ? rule.before->budgets->of(of.group, of.at) : amount;
      step->amount = *amount;
    }
  }
  Crossing crossing = at;
  crossing.ladder = &ladder;
  crossing.step = &*step;
  crossing.group = group;
  end.alert = make_alert(*rule.rule, rule.row.fingerprint, crossing);
  if (!rule.rule->budgets) {  // what the line is now
    end.alert.amount = amount_in(*rule.rule, rung.text, of).value_or(end.alert.amount);
  }
  end.reason = Resolution::Reason::limit_raised;
  end.highest = at.value;
  end.since = end.until = at.at;
  resolved.channels = channels_of(*rule.rule, crossing);
  return resolved;
}

// Once for a cell, by the highest rung that it left.
void State::tell_raised(RuleState& rule, const WindowTable& table, std::string_view group,
                        const SumCell& cell, std::uint64_t left, EventTime in_force) {
  if (table.window.end != kNever && table.window.end <= watermark_) return;
  const Ladder& ladder = rule.ladder_of(group, in_force);
  const auto highest =
      std::find_if(ladder.steps.rbegin(), ladder.steps.rend(),
                   [&](const Ladder::Step& step) { return (left >> step.bit & 1) != 0; });
  if (highest == ladder.steps.rend()) return;
  Crossing crossing;
  crossing.id_start = table.window.start;
  crossing.in_force = in_force;
  crossing.about = table.window;
  crossing.value = crossing.amount = cell.total;
  crossing.requests = cell.requests;
  crossing.at = now_within(table.window);
  Resolved resolved = ended_by_edit(rule, group, highest->bit, crossing);
  if (!resolved.channels.empty()) committed_.resolved.push_back(std::move(resolved));
}

// Episodes that were told and are no more.
void State::tell_raised(RuleState& rule, const PaneEntry& entry,
                        const std::vector<Episode>& before) {
  for (const Episode& episode : before) {
    const auto& now = entry.cell.episodes;
    const bool stays = std::any_of(now.begin(), now.end(), [&](const Episode& one) {
      return one.bit == episode.bit && one.first_pane == episode.first_pane;
    });
    if (stays || !episode.told) continue;
    const Crossing crossing = crossing_of(rule.pane_rule, episode, newest_time());
    Resolved resolved = ended_by_edit(rule, *entry.group, episode.bit, crossing);
    resolved.resolution.since = crossing.about.start;
    if (!resolved.channels.empty()) committed_.resolved.push_back(std::move(resolved));
  }
}

// The rule is taken out: what people were told stands, nobody judges any more.
void State::end_levels(RuleState& rule) {
  if (!rule.by_pane || !rule.rule->tells_resolved()) return;
  for (const PaneEntry* const entry : rule.groups.active()) {
    for (const Episode& episode : entry->cell.episodes) {
      if (!episode.told) continue;
      const Crossing crossing = crossing_of(rule.pane_rule, episode, newest_time());
      Resolved resolved = ended_by_edit(rule, *entry->group, episode.bit, crossing);
      resolved.resolution.since = crossing.about.start;
      resolved.resolution.reason = Resolution::Reason::rule_removed;
      if (!resolved.channels.empty()) ended_.push_back(std::move(resolved));
    }
  }
}

}  // namespace tocsin
