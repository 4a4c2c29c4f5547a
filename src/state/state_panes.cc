// SPDX-License-Identifier: Apache-2.0
// Groups of rolling and judged rules: deltas to panes, panes to rungs, time to judgements.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "state/keys.h"
#include "state/state.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::size_t kPanesPerLook = 4'096;
constexpr std::size_t kGroupBytes = 400;  // of one that begins, with a pane
// Further groups than these, and alerts of one commit, are not compared with the others.
constexpr std::size_t kComparedGroupsMax = 1'000;
constexpr std::size_t kComparedAlertsMax = 16;

void offer(const RuleState& state, std::string_view group, std::vector<PanePeak>& peaks) {
  for (const auto& peak : peaks) {
    state.peaks->window(peak.start);
    state.offer(peak.start, group, peak.value, event_time_ms(peak.start));
  }
  peaks.clear();
}

// Does something of the group wait for the end of a pane?
bool waits(const PaneRule& rule, const PaneCell& cell) {
  if (!cell.episodes.empty()) return true;
  return rule.judged && !cell.panes.empty() && cell.panes.all().back().pane > cell.judged_through;
}

// A judged window that rolls on holds its events until the last of them falls out of it.
bool has_to_judge(const PaneRule& rule, const PaneCell& cell) {
  if (waits(rule, cell)) return true;
  if (rule.calendar != nullptr && rule.judges_absence) {
    return !rule.grouped || cell.window.requests > 0;
  }
  if (rule.forecasts) return cell.window.requests > 0;  // its first tenth may not have passed
  return rule.judged && rule.calendar == nullptr && !cell.panes.empty() &&
         cell.panes.all().back().pane >= rule.panes.first_covered(cell.judged_through + 1);
}

// How many requests a delta tells of: its element may be one more about the same, or what it
// divides by tokens.
std::int64_t requests_of(const Rule& rule, const Delta& delta) {
  if (rule.metric == Metric::prompt_cache_rate) return 1;
  return by_distinct(rule.metric) && delta.element != 0 ? 0 : delta.requests;
}

std::int64_t first_pane(const PaneCell& cell) {
  return cell.panes.empty() ? INT64_MIN : cell.panes.all().front().pane;
}

// Of slots that are over a lateness ago what they told is forgotten. Requests no longer reach them,
// corrections do.
std::int64_t first_ringing(const RuleState& rule, const CommitInput& input, EventTime watermark) {
  if (input.corrections == nullptr || watermark == StreamTime::kUnset) return INT64_MIN;
  const Panes& panes = rule.pane_rule.panes;
  return panes.slot(panes.at(watermark - rule.lateness)) * panes.count;
}

// Would a budget that changes by then be over with what was spent before?
bool waits_for_change(const RuleState& rule, EventTime until) {
  if (rule.by_pane || !rule.has_dates()) return false;
  return std::any_of(rule.windows.begin(), rule.windows.end(), [&](const auto& window) {
    const WindowTable& table = window.second;
    return table.changes && !table.parts.empty() &&
           rule.rule->budgets->change_within(table.parts_judged_at, until + Millis{1});
  });
}

// What the delta adds to the pane.
PaneSum pane_sum(std::int64_t pane, const PaneRule& rule, const Delta& delta) {
  PaneSum sums{pane, delta.amount, delta.requests};
  if (delta.element == 0) return sums;
  PaneMore& more = sums.more.make();
  if (delta.element == kCostElement) {
    more.cost = delta.amount;
    sums.amount = 0;
  } else {
    more.sketch.add(delta.element, static_cast<std::uint64_t>(delta.requests));
    if (by_distinct(rule.metric)) sums.requests = 0;  // told by a delta of their own
  }
  return sums;
}

// Where an event of `pane` counts; nothing: its window is over. If a tick ended the pane before the
// event came, in the next one of a calendar window; in rolling ones later panes cover it anyway.
std::optional<std::int64_t> open_pane(const PaneRule& rule, const PaneCell& cell,
                                      std::int64_t pane) {
  if (rule.calendar == nullptr || pane > cell.judged_through) return pane;
  const auto window = [&](std::int64_t of) {
    return rule.calendar->window_at(rule.panes.start(of)).start;
  };
  const std::int64_t next = cell.judged_through + 1;
  return window(next) == window(pane) ? std::optional(next) : std::nullopt;
}

}  // namespace

void State::apply_session(RuleState& rule, const Delta& delta) {
  const Millis idle = rule.rule->window.length;
  const EventTime time = event_time_ms(delta.at);
  const auto passed = [&] {
    counts_[Count::dropped_state] += static_cast<std::uint64_t>(delta.requests);
    counts_changed_ = true;
  };
  if (watermark_ != StreamTime::kUnset && time + idle + rule.lateness <= watermark_)
    return passed();
  PaneEntry& entry = find_group(rule, delta);
  if (entry.edition != rule.edition) renew(rule, entry);
  const PaneSum request{delta.at, delta.amount, delta.requests};
  std::vector<PaneReached> reached;
  const Ladder& ladder = rule.ladder_of(*entry.group, time);
  if (!add_to_session(ladder, idle, request, entry.cell, reached)) return passed();
  touch_group(rule, entry);
  for (auto& one : reached) {
    rule.sessions_reached.push_back({&entry, delta.latest, one, &ladder, time});
  }
}

void State::ring_sessions(RuleState& rule, const CommitInput& input) {
  PaneOutcome outcome;
  for (auto& [entry, at, reached, ladder, in_force] : rule.sessions_reached) {
    outcome.reached.assign(1, reached);
    tell(rule, {*entry->group, *ladder, in_force, at}, outcome, input);
  }
  rule.sessions_reached.clear();
  if (rule.peaks == nullptr) return;
  for (const PaneEntry* const entry : rule.touched_groups) {
    const std::int64_t start = to_ms(entry->cell.window_start);
    rule.peaks->window(start);
    rule.offer(start, *entry->group, entry->cell.window.amount, event_time_ms(start));
  }
}

void State::apply_pane(RuleState& rule, const Delta& delta) {
  if (rule.rule->by_session()) return apply_session(rule, delta);
  const Panes& panes = rule.pane_rule.panes;
  const bool judged = rule.pane_rule.judged;
  const bool passed =
      judged ? delta.at <= rule.judged_through
             : watermark_ != StreamTime::kUnset &&
                   panes.slot_window(panes.slot(delta.at)).end + rule.lateness <= watermark_;
  if (passed && !backfilling_) {
    counts_[Count::dropped_state] += static_cast<std::uint64_t>(requests_of(*rule.rule, delta));
    counts_changed_ = true;
    if (!judged) return;  // judged later, with the panes after it
  }
  PaneEntry& entry = find_group(rule, delta);
  if (entry.edition != rule.edition) renew(rule, entry);
  if (!entry.active) pass_by(rule, entry);
  if (entry.commit != commit_) entry.latest = delta.latest;
  touch_group(rule, entry);
  entry.latest = std::max(entry.latest, delta.latest);
  if (rule.pane_rule.judged) {
    rule.groups.activate(entry);
    rule.waits = true;
  }
  const auto pane = open_pane(rule.pane_rule, entry.cell, delta.at);
  if (!pane) return;
  const PaneSum sums = pane_sum(*pane, rule.pane_rule, delta);
  entry.cell.panes.add(sums);
  if (rule.shape != nullptr) rule.shape->add(panes.start(*pane), sums.amount, sums.requests);
  if (rule.pane_rule.compare_to || rule.pane_rule.judges_absence) {
    entry.cell.first_pane = std::min(entry.cell.first_pane, *pane);
  }
  if (entry.changed.empty() || entry.changed.back() != *pane) entry.changed.push_back(*pane);
}

// The delta's, or (other) where there are too many.
PaneEntry& State::find_group(RuleState& rule, const Delta& delta) {
  if (PaneEntry* const known = rule.groups.find(delta.group)) return *known;
  std::string_view group = delta.group;
  const bool too_many = rule.groups.size() >= rule.rule->max_groups;
  if (too_many || !take_pane_room(rule)) {
    group = kOverflowGroup;
    counts_[too_many ? Count::overflow_groups : Count::crowded_groups] +=
        static_cast<std::uint64_t>(requests_of(*rule.rule, delta));
    counts_changed_ = true;
  }
  const std::size_t groups = rule.groups.size();
  PaneEntry& entry = rule.groups.add(group);
  if (rule.groups.size() > groups) {
    entry.begins = true;
    // A group that was forgotten may be told nothing twice: what has ended has ended for all.
    if (rule.pane_rule.judged) entry.cell.judged_through = rule.judged_through;
  }
  if (entry.commit == 0) entry.edition = rule.edition;
  return entry;
}

// As a commit begins.
void State::find_pane_room() {
  std::size_t rules = 0;
  for (std::size_t i = 0; i < in_force_; ++i) rules += rules_[i]->by_pane ? 1U : 0U;
  pane_room_ = {};
  if (rules == 0) return;
  pane_room_.share = limits_.pane_bytes / 2 / rules;
  std::size_t taken = 0;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const RuleState& rule = *rules_[i];
    if (!rule.by_pane) continue;
    pane_room_.used += rule.groups.bytes();
    const std::size_t share = i < in_force_ ? pane_room_.share : 0;
    taken += std::max(rule.groups.bytes(), share);
  }
  pane_room_.free = limits_.pane_bytes - std::min(limits_.pane_bytes, taken);
}

// For one more group of the rule; false: there is none.
bool State::take_pane_room(const RuleState& rule) {
  if (rule.groups.bytes() < pane_room_.share) return true;
  if (pane_room_.free < kGroupBytes) return false;
  pane_room_.free -= kGroupBytes;
  return true;
}

// The same; true if it changed something that is stored.
bool State::renew(RuleState& rule, PaneEntry& entry) {
  const auto slots = entry.cell.slots;
  const auto episodes = entry.cell.episodes;
  const Ladder& ladder = rule.ladder_of(*entry.group, std::max(rule.judged_at, EventTime{}));
  if (rule.rule->by_session()) rearm_session(ladder, entry.cell);
  rearm(rule.pane_rule, ladder, entry.cell);
  entry.edition = rule.edition;
  if (episodes != entry.cell.episodes) tell_raised(rule, entry, episodes);
  return slots != entry.cell.slots || episodes != entry.cell.episodes;
}

bool State::waits_for_time(EventTime until) const {
  for (std::size_t i = 0; i < in_force_; ++i) {
    const RuleState* const rule = rules_[i].get();
    if (waits_for_change(*rule, until)) return true;
    if (rule->by_pane && rule->waits &&
        rule->pane_rule.panes.at(until) - 1 > rule->judged_through) {
      return true;
    }
  }
  return false;
}

void State::judge_panes(const CommitInput& input) {
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState* const rule = rules_[i].get();
    if (!rule->by_pane) continue;
    if (rule->rule->by_session()) {
      ring_sessions(*rule, input);
    } else if (!rule->pane_rule.judged) {
      ring_touched(*rule, input);
    }
    if (watermark_ == StreamTime::kUnset) continue;
    const std::int64_t through = rule->pane_rule.panes.at(watermark_) - 1;
    if (through > rule->judged_through) {
      rule->judged_through = through;
      rule->judged_at = watermark_;
      judge_groups(*rule, input);
      renew_drivers(*rule);
    }
    forget_groups(*rule);
  }
}

// Rolling sums ring in the commit that reaches them.
void State::ring_touched(RuleState& rule, const CommitInput& input) {
  PaneOutcome outcome;
  std::vector<PanePeak> peaks;
  PaneRule pane_rule = rule.pane_rule;
  if (rule.peaks != nullptr) pane_rule.peaks = &peaks;
  const EventTime newest = newest_time();
  const std::int64_t least = first_ringing(rule, input, watermark_);
  for (PaneEntry* const touched : rule.touched_groups) {
    PaneEntry& entry = *touched;
    const std::string& group = *entry.group;
    if (entry.changed.empty()) continue;
    const std::int64_t first =
        std::max(least, *std::min_element(entry.changed.begin(), entry.changed.end()));
    // What fell before these panes has ended, though the watermark has yet to say so. A stamp of
    // 2099 says nothing of the years until then.
    if (!entry.cell.episodes.empty() && newest != StreamTime::kUnset) {
      const std::int64_t through = std::min(first - 1, rule.pane_rule.panes.at(newest));
      const std::int64_t from = std::max(entry.cell.judged_through, first_pane(entry.cell));
      rule.by_ladder(group, from, through, [&](const Ladder& ladder, EventTime in_force, auto to) {
        judge(rule.pane_rule, ladder, to, entry.cell, outcome.reached, outcome.ended);
        tell(rule, {group, ladder, in_force, entry.latest}, outcome, input);
      });
    }
    const std::int64_t last = entry.cell.panes.all().back().pane;
    std::int64_t from = first;
    rule.by_ladder(group, from, last, [&](const Ladder& ladder, EventTime in_force, auto to) {
      pane_rule.last_pane = to;
      ring(pane_rule, ladder, from, entry.cell, outcome.reached);
      tell(rule, {group, ladder, in_force, entry.latest}, outcome, input);
      from = to + 1;
    });
    if (!entry.cell.episodes.empty()) {
      rule.groups.activate(entry);
      rule.waits = true;
    }
    offer(rule, group, peaks);
  }
}

// The watermark has passed a pane's end.
void State::judge_groups(RuleState& rule, const CommitInput& input) {
  PaneOutcome outcome;
  std::vector<PanePeak> peaks;
  PaneRule pane_rule = rule.pane_rule;
  if (rule.peaks != nullptr && pane_rule.judged) pane_rule.peaks = &peaks;
  auto& active = rule.groups.active();
  std::size_t kept = 0;
  rule.waits = false;
  for (PaneEntry* const entry : active) {
    const std::string& group = *entry->group;
    if (entry->edition != rule.edition && renew(rule, *entry)) touch_group(rule, *entry);
    const auto episodes = entry->cell.episodes;
    const std::int64_t from = std::max(entry->cell.judged_through, first_pane(entry->cell));
    rule.by_ladder(group, from, rule.judged_through,
                   [&](const Ladder& ladder, EventTime in_force, auto through) {
                     judge(pane_rule, ladder, through, entry->cell, outcome.reached, outcome.ended);
                     if (!outcome.reached.empty()) touch_group(rule, *entry);
                     tell(rule, {group, ladder, in_force, watermark_}, outcome, input);
                   });
    offer(rule, group, peaks);
    if (episodes != entry->cell.episodes) touch_group(rule, *entry);
    forget(rule.pane_rule, rule.lateness, watermark_, entry->cell);
    rule.groups.measure(*entry);
    rule.waits = rule.waits || waits(rule.pane_rule, entry->cell);
    entry->active = has_to_judge(rule.pane_rule, entry->cell);
    if (entry->active) active[kept++] = entry;
  }
  active.resize(kept);
}

// What the ends of panes since it was last looked at have made of a group with nothing to judge.
void State::pass_by(RuleState& rule, PaneEntry& entry) {
  if (rule.judged_through == INT64_MIN || entry.cell.judged_through >= rule.judged_through) return;
  PaneOutcome outcome;
  rule.by_ladder(*entry.group, rule.judged_through, rule.judged_through,
                 [&](const Ladder& ladder, EventTime, auto through) {
                   judge(rule.pane_rule, ladder, through, entry.cell, outcome.reached,
                         outcome.ended);
                 });
  forget(rule.pane_rule, rule.lateness, rule.judged_at, entry.cell);
}

// Some each commit, after the end of each pane.
void State::forget_groups(RuleState& rule) {
  auto& at = rule.forgetting;
  if (at.bucket == 0) at.through = rule.judged_through;
  if (at.done_through >= at.through) return;
  for (std::size_t looks = 0; at.bucket < rule.groups.buckets(); ++at.bucket) {
    if (looks++ == kPanesPerLook) return;
    rule.groups.in_bucket(at.bucket, [&](PaneEntry& entry) {
      if (entry.active) return;
      if (!rule.rule->by_session()) pass_by(rule, entry);
      rule.groups.measure(entry);
      if (!forgotten(rule, entry)) return;
      batch_.erase(key::cell(key::kCell, rule.row.id, 0, *entry.group));
      rule.groups.erase(entry);
    });
  }
  at.done_through = at.through;
  at.bucket = 0;
}

void State::touch_group(RuleState& rule, PaneEntry& entry) {
  rule.groups.make_dirty(entry, commit_);
  if (entry.commit == commit_) return;
  entry.commit = commit_;
  entry.changed.clear();
  rule.touched_groups.push_back(&entry);
}

// Nothing of the group can matter any more.
bool State::forgotten(RuleState& rule, const PaneEntry& entry) {
  if (!entry.cell.idle() || entry.commit == commit_) return false;
  if (rule.rule->by_session()) {
    return session_is_over(entry.cell, rule.rule->window.length + rule.lateness, watermark_);
  }
  Calendar* calendar = rule.pane_rule.calendar;
  return calendar == nullptr || calendar->window_at(watermark_).start != entry.cell.window_start;
}

// To the alert that was recorded last: how the same stands in groups that differ in one field.
void State::add_elsewhere(RuleState& rule, const Window& about, std::string_view group) {
  const Metric metric = rule.rule->metric;
  if (is_sum(metric) || rule.groups.size() < 2 || rule.groups.size() > kComparedGroupsMax) return;
  if (committed_.alerts.size() > kComparedAlertsMax) return;
  const std::size_t fields = rule.rule->group_by.size();
  const auto own = group_values(group, fields);
  if (!own) return;
  struct Others {
    PaneSum sums;
    std::set<std::string> values;
  };
  std::vector<Others> others(fields);
  const Panes& panes = rule.pane_rule.panes;
  const std::int64_t from = panes.at(about.start);
  const std::int64_t until = panes.at(about.end - Millis{1});
  rule.groups.each([&](const PaneEntry& entry) {
    const auto values = group_values(*entry.group, fields);
    if (!values || *entry.group == kOverflowGroup) return;
    std::optional<std::size_t> differs;
    for (std::size_t i = 0; i < fields; ++i) {
      if ((*values)[i] == (*own)[i]) continue;
      if (differs) return;
      differs = i;
    }
    if (!differs) return;
    const bool by_calendar = rule.pane_rule.calendar != nullptr;
    if (by_calendar && entry.cell.window_start != about.start) return;
    const PaneSum sums = by_calendar ? entry.cell.window : entry.cell.panes.over(from, until);
    if (sums.requests == 0) return;
    others[*differs].sums.merge(sums);
    others[*differs].values.insert((*values)[*differs]);
  });
  for (std::size_t i = 0; i < fields; ++i) {
    const auto& [sums, values] = others[i];
    const std::int64_t requests = denominator_of(metric, sums);
    if (values.empty() || requests < std::max<std::int64_t>(rule.rule->min_requests, 1)) continue;
    committed_.alerts.back().alert.elsewhere.push_back({rule.rule->group_by[i].name,
                                                        values.size() == 1 ? *values.begin() : "",
                                                        value_of(metric, sums), requests});
  }
}

void State::add_asides(RuleState& rule, const PaneReached& hit, std::string_view group) {
  add_elsewhere(rule, hit.about, group);
  if (rule.rule->ladder[hit.step->rung].is_below()) return;  // nobody drives what does not come
  if (!rule.rule->second_part) return add_drivers(rule, hit.about, group);
  if (rule.index == 0 || rules_[rule.index - 1]->by_pane) return;
  // The other part knows what drives the sum that this one is about.
  const RuleState& other = *rules_[rule.index - 1];
  add_drivers(other, hit.about, group);
  add_before(other, hit.about, group);
  add_recent(other, hit.about, group);
}

void State::tell(RuleState& rule, const Judged& judged, PaneOutcome& outcome,
                 const CommitInput& input) {
  for (const auto& hit : outcome.reached) {
    record(rule,
           {.ladder = &judged.ladder,
            .step = hit.step,
            .group = judged.group,
            .id_start = hit.id_start,
            .about = hit.about,
            .value = hit.value,
            .amount = hit.amount,
            .requests = hit.requests,
            .at = hit.at.value_or(judged.at),
            .beside = hit.beside,
            .shape = hit.shape,
            .in_force = judged.in_force},
           hit.continues, input);
    add_asides(rule, hit, judged.group);
  }
  for (const auto& end : outcome.ended) resolve(rule, judged, end);
  outcome.reached.clear();
  outcome.ended.clear();
}

}  // namespace tocsin
