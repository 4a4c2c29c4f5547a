// SPDX-License-Identifier: Apache-2.0
// Groups of rolling and judged rules: deltas to panes, panes to rungs, time to judgements.
#include <algorithm>

#include "state/keys.h"
#include "state/state.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

void offer(const RuleState& state, std::string_view group, std::vector<PanePeak>& peaks) {
  for (const auto& peak : peaks) {
    state.peaks->window(peak.start);
    state.offer(peak.start, group, peak.value);
  }
  peaks.clear();
}

}  // namespace

void State::apply_pane(RuleState& rule, const Delta& delta) {
  if (rule.pane_rule.calendar == nullptr && !rule.pane_rule.judged &&
      watermark_ != StreamTime::kUnset) {
    const Panes& panes = rule.pane_rule.panes;
    if (panes.slot_window(panes.slot(delta.at)).end + rule.lateness <= watermark_) {
      counts_[Count::dropped_state] += static_cast<std::uint64_t>(delta.requests);
      counts_changed_ = true;
      return;
    }
  }
  auto found = rule.groups.find(delta.group);
  if (found == rule.groups.end()) {
    std::string_view group = delta.group;
    if (rule.groups.size() >= rule.rule->max_groups) {
      group = kOverflowGroup;
      counts_[Count::overflow_groups] += static_cast<std::uint64_t>(delta.requests);
      counts_changed_ = true;
    }
    found = rule.groups.try_emplace(std::string(group)).first;
    if (found->second.commit == 0) found->second.edition = rule.edition;
  }
  PaneEntry& entry = found->second;
  if (entry.edition != rule.edition) renew(rule, found->first, entry);
  if (entry.commit != commit_) {
    entry.commit = commit_;
    entry.changed.clear();
    entry.latest = delta.latest;
    rule.touched_groups.push_back(found->first);
  }
  entry.latest = std::max(entry.latest, delta.latest);
  entry.dirty = true;
  PaneCell& cell = entry.cell;
  if (rule.pane_rule.calendar != nullptr && delta.at <= cell.judged_through) {
    // Its pane was ended by a tick before it came: it still counts in what is judged later.
    if (rule.pane_rule.calendar->window_at(rule.pane_rule.panes.start(delta.at)).start ==
        cell.window_start) {
      cell.window_amount += delta.amount;
      cell.window_requests += delta.requests;
    }
    return;
  }
  cell.panes.add(delta.at, delta.amount, delta.requests);
  if (entry.changed.empty() || entry.changed.back() != delta.at) entry.changed.push_back(delta.at);
}

// The same; true if it changed something that is stored.
bool State::renew(RuleState& rule, std::string_view group, PaneEntry& entry) {
  const auto slots = entry.cell.slots;
  const auto episodes = entry.cell.episodes;
  rearm(rule.pane_rule, rule.ladder_of(group), entry.cell);
  entry.edition = rule.edition;
  return slots != entry.cell.slots || episodes != entry.cell.episodes;
}

bool State::waits_for_time(EventTime until) const {
  for (std::size_t i = 0; i < in_force_; ++i) {
    const RuleState* const rule = rules_[i].get();
    if (!rule->by_pane || rule->groups.empty()) continue;
    if (rule->pane_rule.panes.at(until) - 1 <= rule->judged_through) continue;
    for (const auto& [group, entry] : rule->groups) {
      if (!entry.cell.episodes.empty()) return true;
      if (rule->pane_rule.judged && !entry.cell.panes.empty() &&
          entry.cell.panes.all().back().pane > entry.cell.judged_through) {
        return true;
      }
    }
  }
  return false;
}

void State::judge_panes(const CommitInput& input) {
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState* const rule = rules_[i].get();
    if (!rule->by_pane) continue;
    if (!rule->pane_rule.judged) ring_touched(*rule, input);
    if (watermark_ == StreamTime::kUnset) continue;
    const std::int64_t through = rule->pane_rule.panes.at(watermark_) - 1;
    if (through <= rule->judged_through) continue;
    rule->judged_through = through;
    judge_groups(*rule, input);
  }
}

// Rolling sums ring in the commit that reaches them.
void State::ring_touched(RuleState& rule, const CommitInput& input) {
  PaneOutcome outcome;
  std::vector<PanePeak> peaks;
  PaneRule pane_rule = rule.pane_rule;
  if (rule.peaks != nullptr) pane_rule.peaks = &peaks;
  for (const auto& group : rule.touched_groups) {
    PaneEntry& entry = rule.groups.find(group)->second;
    if (entry.changed.empty()) continue;
    const auto first = std::min_element(entry.changed.begin(), entry.changed.end());
    const Ladder& ladder = rule.ladder_of(group);
    // What fell before these panes has ended, though the watermark has yet to say so.
    if (!entry.cell.episodes.empty()) {
      judge(rule.pane_rule, ladder, *first - 1, entry.cell, outcome.reached, outcome.ended);
    }
    ring(pane_rule, ladder, *first, entry.cell, outcome.reached);
    offer(rule, group, peaks);
    tell(rule, group, entry.latest, outcome, input);
  }
}

// The watermark has passed a pane's end.
void State::judge_groups(RuleState& rule, const CommitInput& input) {
  PaneOutcome outcome;
  std::vector<PanePeak> peaks;
  PaneRule pane_rule = rule.pane_rule;
  if (rule.peaks != nullptr && pane_rule.judged) pane_rule.peaks = &peaks;
  for (auto at = rule.groups.begin(); at != rule.groups.end();) {
    PaneEntry& entry = at->second;
    if (entry.edition != rule.edition && renew(rule, at->first, entry)) {
      touch_group(rule, at->first, entry);
    }
    const auto episodes = entry.cell.episodes;
    judge(pane_rule, rule.ladder_of(at->first), rule.judged_through, entry.cell, outcome.reached,
          outcome.ended);
    offer(rule, at->first, peaks);
    if (!outcome.reached.empty() || episodes != entry.cell.episodes) {
      touch_group(rule, at->first, entry);
    }
    tell(rule, at->first, watermark_, outcome, input);
    forget(rule.pane_rule, rule.lateness, watermark_, entry.cell);
    if (forgotten(rule, entry)) {
      batch_.erase(key::cell(key::kCell, rule.row.id, 0, at->first));
      at = rule.groups.erase(at);
    } else {
      ++at;
    }
  }
}

void State::touch_group(RuleState& rule, const std::string& group, PaneEntry& entry) {
  entry.dirty = true;
  if (entry.commit == commit_) return;
  entry.commit = commit_;
  entry.changed.clear();
  rule.touched_groups.push_back(group);
}

// Nothing of the group can matter any more.
bool State::forgotten(RuleState& rule, const PaneEntry& entry) {
  if (!entry.cell.idle() || !entry.cell.slots.empty() || entry.commit == commit_) return false;
  Calendar* calendar = rule.pane_rule.calendar;
  return calendar == nullptr || calendar->window_at(watermark_).start != entry.cell.window_start;
}

void State::tell(RuleState& rule, std::string_view group, EventTime at, PaneOutcome& outcome,
                 const CommitInput& input) {
  const Ladder& ladder = rule.ladder_of(group);
  for (const auto& hit : outcome.reached) {
    record(rule,
           {.ladder = &ladder,
            .step = hit.step,
            .group = group,
            .id_start = hit.id_start,
            .about = hit.about,
            .value = hit.value,
            .amount = hit.amount,
            .requests = hit.requests,
            .at = at},
           hit.continues, input);
  }
  for (const auto& end : outcome.ended) resolve(rule, group, ladder, end);
  outcome.reached.clear();
  outcome.ended.clear();
}

}  // namespace tocsin
