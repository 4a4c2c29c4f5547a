// SPDX-License-Identifier: Apache-2.0
// Applying a commit: deltas to cells, cells to rungs, time to judgements.
#include <algorithm>

#include "alert/make_alert.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

// Groups without a budget have nothing to come near to.
void offer(const RuleState& state, std::int64_t start, std::string_view group, int128 value) {
  if (group == kOverflowGroup) return;
  const Rule& rule = *state.rule;
  const auto budget = rule.budgets ? rule.budgets->of(group) : std::nullopt;
  if (!rule.budgets || budget) state.peaks->offer(start, group, value, budget);
}

void offer(const RuleState& state, std::string_view group, std::vector<PanePeak>& peaks) {
  for (const auto& peak : peaks) {
    state.peaks->window(peak.start);
    offer(state, peak.start, group, peak.value);
  }
  peaks.clear();
}

}  // namespace

Result<Committed> State::commit(const CommitInput& input) {
  ++commit_;
  committed_ = Committed{};
  if (!input.catching_up) {
    catching_up_since_.reset();
  } else if (!catching_up_since_) {
    catching_up_since_ = watermark_;
  }
  crash_point(CrashStep::apply, CrashEdge::before);
  for (const auto& work : input.work) {
    for (const auto& delta : work.deltas) {
      if (auto applied = apply(delta); !applied) return tl::unexpected(applied.error());
    }
    if (work.counts != nullptr) {
      counts_.add(*work.counts);
      counts_changed_ = true;
    }
  }
  for (std::size_t i = 0; i < in_force_; ++i) {
    RuleState* const rule = rules_[i].get();
    if (rule->by_pane) continue;
    Peaks* const peaks = rule->peaks;
    for (auto& [start, table] : rule->windows) {
      if (peaks != nullptr && !table.touched.empty()) peaks->window(start);
      for (const auto& [cell, latest] : table.touched) {
        const auto& entry = table.cells[cell];
        if (peaks != nullptr && entry.cell.requests >= rule->rule->min_requests) {
          offer(*rule, start, table.cells.group(cell), entry.cell.total);
        }
        if (entry.cell.total >= entry.next_reached_at) reach(*rule, table, cell, latest, input);
      }
    }
  }
  advance(input);
  judge_panes(input);
  if (auto swept = sweep(input); !swept) return tl::unexpected(swept.error());
  crash_point(CrashStep::apply, CrashEdge::after);
  // Before anything is stored under a key of its own: the journal's last word on a cell must never
  // be older than the cell's key.
  store_panes();
  drain_groups();
  write_journal();
  close_windows();
  trim_journal();
  evict();
  drain_windows();
  discard();
  crash_point(CrashStep::expire, CrashEdge::before);
  expire_ids();
  if (auto dropped = drop_old(); !dropped) return tl::unexpected(dropped.error());
  crash_point(CrashStep::expire, CrashEdge::after);
  finish_alerts(committed_);
  write_rows(input);
  crash_point(CrashStep::commit, CrashEdge::before);
  if (auto written = store_.write(batch_, input.sync); !written) {
    return tl::unexpected(written.error());
  }
  crash_point(CrashStep::commit, CrashEdge::after);
  batch_.clear();
  first_start_ = false;
  return std::move(committed_);
}

Result<void> State::apply(const Delta& delta) {
  RuleState& rule = *rules_[delta.rule];
  if (rule.peaks != nullptr) rule.peaks->matched(delta.requests);
  if (!rule.by_pane) return apply_sum(rule, delta);
  apply_pane(rule, delta);
  return {};
}

Result<void> State::apply_sum(RuleState& rule, const Delta& delta) {
  auto table = window(rule, delta.at);
  if (!table) return tl::unexpected(table.error());
  WindowTable& in = **table;
  auto cell = hot_cell(rule, in, delta.group);
  if (!cell) return tl::unexpected(cell.error());
  auto& entry = in.cells[*cell];
  if (entry.edition != rule.edition) renew(rule, in.cells.group(*cell), entry);
  entry.cell.total += delta.amount;
  entry.cell.requests += delta.requests;
  in.touch(*cell, commit_, delta.latest);
  return {};
}

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

Result<WindowTable*> State::window(RuleState& rule, std::int64_t start) {
  const auto known = rule.windows.find(start);
  if (known != rule.windows.end()) return &known->second;
  const auto stored = store_.get(key::window(key::kWindow, rule.row.id, start));
  if (!stored) return tl::unexpected(stored.error());
  WindowTable table(seed_);
  table.window = rule.calendar->window_at(event_time_ms(start));
  table.row.end = table.window.end;
  if (*stored) {
    if (!decode_window(**stored, table.row)) return stop("the state is damaged: a window's row");
    table.elsewhere = true;
  } else {
    table.row_changed = true;
  }
  return &rule.windows.emplace(start, std::move(table)).first->second;
}

Result<std::uint32_t> State::hot_cell(RuleState& rule, WindowTable& table, std::string_view group) {
  std::uint32_t at = table.cells.find(group);
  if (at != SumTable::kAbsent) return at;
  if (table.elsewhere) {
    const auto loaded = load_cell(rule, table, group, at);
    if (!loaded) return tl::unexpected(loaded.error());
    if (*loaded) return at;
  }
  if (table.row.groups >= rule.rule->max_groups && group != kOverflowGroup) {
    ++counts_[Count::overflow_groups];
    counts_changed_ = true;
    return hot_cell(rule, table, kOverflowGroup);
  }
  at = table.cells.add(group);
  renew(rule, group, table.cells[at]);
  ++table.row.groups;
  table.row_changed = true;
  if (rule.peaks != nullptr) rule.peaks->cell();
  return at;
}

// From a key of its own, else from a page. False: the group is new.
Result<bool> State::load_cell(RuleState& rule, WindowTable& table, std::string_view group,
                              std::uint32_t& at) {
  const std::int64_t start = to_ms(table.window.start);
  const std::string own = key::cell(key::kCell, rule.row.id, start, group);
  const auto stored = store_.get(own);
  if (!stored) return tl::unexpected(stored.error());
  std::optional<SumCell> cell;
  if (*stored) {
    RowReader in(**stored);
    cell = read_sum(in);
    if (!in.ok()) return stop("the state is damaged: a cell");
  } else if (table.row.paged) {
    bool good = true;
    auto scanned = store_.scan_back(key::window(key::kPage, rule.row.id, start),
                                    key::cell(key::kPage, rule.row.id, start, group) + '\0',
                                    [&](auto, auto value) {
                                      std::vector<PageCell> cells;
                                      good = decode_page(value, cells);
                                      for (const auto& in_page : cells) {
                                        if (in_page.group == group) cell = in_page.cell;
                                      }
                                      return false;
                                    });
    if (!scanned) return tl::unexpected(scanned.error());
    if (!good) return stop("the state is damaged: a page");
  }
  if (!cell) return false;
  at = table.cells.add(group);
  auto& entry = table.cells[at];
  entry.cell = *cell;
  entry.stored = stored->has_value();
  renew(rule, group, entry);
  return true;
}

// What the ladder as it is now makes of the cell: rungs whose limit was raised are armed again.
void State::renew(RuleState& rule, std::string_view group, SumTable::Entry& entry) {
  const Ladder& ladder = rule.ladder_of(group);
  entry.cell.reached &= ~no_longer_met(ladder, entry.cell);
  entry.next_reached_at = next_reached_at(ladder, entry.cell.reached);
  entry.edition = rule.edition;
}

// The same; true if it changed something that is stored.
bool State::renew(RuleState& rule, std::string_view group, PaneEntry& entry) {
  const auto slots = entry.cell.slots;
  const auto episodes = entry.cell.episodes;
  rearm(rule.pane_rule, rule.ladder_of(group), entry.cell);
  entry.edition = rule.edition;
  return slots != entry.cell.slots || episodes != entry.cell.episodes;
}

void State::reach(RuleState& rule, WindowTable& table, std::uint32_t cell, EventTime at,
                  const CommitInput& input) {
  auto& entry = table.cells[cell];
  const std::string_view group = table.cells.group(cell);
  const Ladder& ladder = rule.ladder_of(group);
  const std::uint64_t met = newly_met(ladder, entry.cell, rule.rule->min_requests);
  for (const auto& step : ladder.steps) {
    if ((met >> step.bit & 1) == 0) continue;
    record(rule,
           {.ladder = &ladder,
            .step = &step,
            .group = group,
            .id_start = table.window.start,
            .about = table.window,
            .value = entry.cell.total,
            .amount = entry.cell.total,
            .requests = entry.cell.requests,
            .at = at},
           false, input);
  }
  entry.cell.reached |= met;
  entry.next_reached_at = next_reached_at(ladder, entry.cell.reached);
}

void State::record(RuleState& rule, const Crossing& crossing, bool continues,
                   const CommitInput& input) {
  Recorded recorded;
  recorded.number = ++alert_number_;
  Alert& alert = recorded.alert;
  alert = make_alert(*rule.rule, rule.row.fingerprint, crossing);
  alert.continues = continues;
  alert.late = watermark_ != StreamTime::kUnset && alert.window.end <= watermark_;
  alert.old_news = input.catching_up;
  alert.stale = input.catching_up && alert.window.end != kNever &&
                alert.window.end + limits_.stale_after < as_event_time(input.now);
  recorded.channels = channels_of(*rule.rule, rule.rule->ladder[crossing.step->rung]);
  committed_.alerts.push_back(std::move(recorded));
}

void State::resolve(RuleState& rule, std::string_view group, const Ladder& ladder,
                    const PaneEnded& ended) {
  if (!rule.rule->tells_resolved()) return;
  // What began and ended while catching up is old news from end to end.
  if (catching_up_since_ && ended.since >= *catching_up_since_) return;
  Resolved resolved;
  Resolution& resolution = resolved.resolution;
  resolution.alert = make_alert(*rule.rule, rule.row.fingerprint,
                                {.ladder = &ladder,
                                 .step = ended.step,
                                 .group = group,
                                 .id_start = ended.id_start,
                                 .about = ended.about,
                                 .value = ended.value,
                                 .amount = ended.amount,
                                 .requests = ended.requests,
                                 .at = ended.until});
  resolution.highest = ended.highest;
  resolution.since = ended.since;
  resolution.until = ended.until;
  resolved.channels = channels_of(*rule.rule, rule.rule->ladder[ended.step->rung]);
  committed_.resolved.push_back(std::move(resolved));
}

std::vector<std::string> State::channels_of(const Rule& rule, const Rung& rung) const {
  return tocsin::channels_of(rule, rung, fallback_);
}

// Positions, stream times, idleness, and the watermark: the least over the partitions that are not
// idle. A partition that has had no record yet, or too few to trust their stamps, holds it back.
void State::advance(const CommitInput& input) {
  for (const auto& work : input.work) {
    for (const auto& progress : work.progress) {
      PartitionRow& row = partitions_[progress.partition];
      row.position = progress.position;
      row.stream_time = progress.stream_time;
      row.idle = false;
      if (row.first_offset < 0) row.first_offset = progress.first_offset;
      partition_changed_[progress.partition] = true;
    }
  }
  if (input.tick != nullptr) {
    for (const auto partition : input.tick->idle) {
      partitions_[partition].idle = true;
      partition_changed_[partition] = true;
    }
    watermark_ = std::max(watermark_, input.tick->clock);
  }
  EventTime least = EventTime::max();
  for (const auto& row : partitions_) {
    if (!row.idle) least = std::min(least, row.stream_time.now);
  }
  if (least == EventTime::max() || least == StreamTime::kUnset) return;
  watermark_ = std::max(watermark_, least - limits_.out_of_order);
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

// Rungs of one (rule, group) that are passed in one commit are told together; they stand in a row.
void State::finish_alerts(Committed& committed) {
  auto& alerts = committed.alerts;
  const auto together = [](const Alert& a, const Alert& b) {
    return a.rule == b.rule && a.group == b.group;
  };
  for (auto first = alerts.begin(); first != alerts.end();) {
    auto last = first;
    while (last != alerts.end() && together(first->alert, last->alert)) ++last;
    for (auto one = first; one != last; ++one) {
      for (auto other = first; other != last; ++other) {
        auto& crossed = one->alert.crossed;
        if (other->alert.rung != one->alert.rung &&
            std::find(crossed.begin(), crossed.end(), other->alert.rung) == crossed.end()) {
          crossed.push_back(other->alert.rung);
        }
      }
    }
    first = last;
  }
}

}  // namespace tocsin
