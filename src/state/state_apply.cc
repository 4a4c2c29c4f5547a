// SPDX-License-Identifier: Apache-2.0
// Applying a commit: deltas to cells, cells to rungs, time to judgements.
#include <algorithm>
#include <array>
#include <utility>

#include "alert/make_alert.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

// Of first_seen: in its first day every group is new to the rule, which is no news.
constexpr Millis kNewsFrom{86'400'000};
constexpr std::size_t kDeltasAhead = 32;

void note_peaks(RuleState& rule, const Delta& delta) {
  rule.peaks->matched(delta.requests);
  if (is_sum(rule.rule->metric) && delta.element == 0) rule.peaks->took(delta.group, delta.amount);
}

}  // namespace

Result<Committed> State::commit(const CommitInput& input) {
  // An id that could not be looked up is in none of what may be committed.
  if (auto failed = ids_->failure()) return tl::unexpected(*failed);
  ++commit_;
  committed_ = Committed{};
  committed_.resolved = std::exchange(ended_, {});
  if (!input.catching_up) {
    catching_up_since_.reset();
  } else if (!catching_up_since_) {
    catching_up_since_ = watermark_;
  }
  crash_point(CrashStep::apply, CrashEdge::before);
  backfilling_ = input.backfilling;
  find_pane_room();
  note_growth(input);
  for (const auto& work : input.work) {
    apply_drivers(work);
    if (auto applied = apply(work.deltas); !applied) return tl::unexpected(applied.error());
    if (work.counts != nullptr) {
      counts_.add(*work.counts);
      counts_changed_ = true;
    }
    if (work.unpriced != nullptr) unpriced_.add(*work.unpriced, first_unpriced_day());
  }
  if (input.corrections != nullptr) {
    if (auto done = put_right(input.corrections->deltas); !done) {
      return tl::unexpected(done.error());
    }
  }
  ring_sums(input);
  advance(input);
  if (auto judged = judge_parts(input); !judged) return tl::unexpected(judged.error());
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
  put_spilled();
  discard();
  crash_point(CrashStep::expire, CrashEdge::before);
  if (auto dropped = drop_old(input); !dropped) return tl::unexpected(dropped.error());
  crash_point(CrashStep::expire, CrashEdge::after);
  finish_alerts(committed_);
  write_rows(input);
  crash_point(CrashStep::commit, CrashEdge::before);
  if (auto written = store_.write(batch_, input.sync); !written) {
    return tl::unexpected(written.error());
  }
  crash_point(CrashStep::commit, CrashEdge::after);
  id_archive_->stored();
  batch_.clear();
  first_start_ = false;
  return std::move(committed_);
}

// Each cell lies somewhere else in memory, and waiting for one after the other would take most of
// the time: of some deltas at once the ways to their cells are fetched ahead, then the cells.
Result<void> State::apply(std::span<const Delta> deltas) {
  struct Ahead {
    WindowTable* table = nullptr;
    std::uint32_t hash = 0;
  };
  std::array<Ahead, kDeltasAhead> ahead;
  while (!deltas.empty()) {
    const auto some = deltas.first(std::min(kDeltasAhead, deltas.size()));
    deltas = deltas.subspan(some.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Delta& delta = some[i];
      RuleState& rule = *rules_[delta.rule];
      ahead[i].table = nullptr;
      if (rule.by_pane) continue;
      auto table = window(rule, rule.window_start(delta.at));
      if (!table) return tl::unexpected(table.error());
      ahead[i] = {*table, hot_->hash((*table)->cells, delta.group)};
      hot_->fetch_index(ahead[i].hash);
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (ahead[i].table != nullptr) hot_->fetch_cell(ahead[i].hash);
    }
    for (std::size_t i = 0; i < some.size(); ++i) {
      RuleState& rule = *rules_[some[i].rule];
      rule.matches = true;
      if (rule.peaks != nullptr) note_peaks(rule, some[i]);
      if (ahead[i].table == nullptr) {
        apply_pane(rule, some[i]);
      } else if (auto applied = apply_sum(rule, *ahead[i].table, some[i], ahead[i].hash);
                 !applied) {
        return applied;
      }
    }
  }
  return {};
}

Result<void> State::apply_sum(RuleState& rule, WindowTable& table, const Delta& delta,
                              std::uint32_t hash) {
  auto cell = hot_cell(rule, table, delta.group, hash);
  if (!cell) return tl::unexpected(cell.error());
  HotCell& entry = (*hot_)[*cell];
  if (entry.edition != rule.edition) renew(rule, table, hot_->group(*cell), entry);
  if (rule.rule->metric == Metric::first_seen &&
      (rule.row.began == StreamTime::kUnset || delta.latest < rule.row.began)) {
    rule.row.began = delta.latest;
    rule.row_changed = true;
  }
  if (rule.peaks != nullptr) {
    rule.note_spent(delta.group, entry.cell.total, delta.amount, event_time_ms(delta.at));
  }
  if (GroupParts* const parts = parts_of(rule, table, *cell)) {
    parts->add(event_time_ms(delta.at), delta.amount, delta.requests);
    keep_parts(table, hot_->group(*cell), *parts);
  }
  entry.cell.total += delta.amount;
  entry.cell.requests += delta.requests;
  touch(rule, table, *cell, delta.latest);
  return {};
}

// The commit under way changes the cell.
void State::touch(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime latest) {
  HotCell& entry = (*hot_)[cell];
  entry.dirty = true;
  // What is changed in one commit alone may be gone for good.
  if (entry.commit != 0) entry.used = true;
  auto& touched = table.touched;
  if (touched.empty()) touched_.push_back({&rule, &table});
  const auto commit = static_cast<std::uint32_t>(commit_);
  if (entry.commit != commit || entry.touch >= touched.size() ||
      touched[entry.touch].cell != cell) {
    entry.commit = commit;
    entry.touch = static_cast<std::uint32_t>(touched.size());
    touched.push_back({cell, latest});
  } else if (touched[entry.touch].latest < latest) {
    touched[entry.touch].latest = latest;
  }
}

const Rule* State::rule(std::string_view name) const {
  for (std::size_t i = 0; i < in_force_; ++i) {
    if (rules_[i]->rule->name == name) return rules_[i]->rule.get();
  }
  return nullptr;
}

std::optional<State::Spent> State::spent(const Rule& rule, std::string_view group,
                                         EventTime at) const {
  const auto budget = rule.budgets ? rule.budgets->of(group, at) : std::nullopt;
  const auto own = std::find_if(rules_.begin(), rules_.end(),
                                [&](const auto& state) { return state->rule.get() == &rule; });
  if (!budget || own == rules_.end()) return std::nullopt;
  for (const auto& [start, table] : (*own)->windows) {
    if (!table.window.contains(at)) continue;
    const auto cell = hot_->find(table.cells, group, hot_->hash(table.cells, group));
    if (cell == HotCells::kAbsent) return std::nullopt;
    return Spent{std::as_const(*hot_)[cell].cell.total, *budget};
  }
  return std::nullopt;
}

// Rungs ring by the order of rules and windows, however the deltas came.
void State::ring_sums(const CommitInput& input) {
  const auto order = [&](const TouchedWindow& a, const TouchedWindow& b) {
    if (a.rule != b.rule) return a.rule->index < b.rule->index;
    return a.table->window.start < b.table->window.start;
  };
  std::sort(touched_.begin(), touched_.end(), order);
  for (const auto& [rule, table] : touched_) {
    Peaks* const peaks = rule->peaks;
    if (peaks != nullptr) peaks->window(to_ms(table->window.start));
    for (const auto& [cell, latest] : table->touched) {
      const HotCell& entry = (*hot_)[cell];
      if (peaks != nullptr && entry.cell.requests >= rule->rule->min_requests) {
        rule->offer(to_ms(table->window.start), hot_->group(cell), entry.cell.total, latest);
      }
      if (entry.cell.total >= entry.next_reached_at) reach(*rule, *table, cell, latest, input);
    }
  }
}

Result<WindowTable*> State::window(RuleState& rule, std::int64_t start) {
  const auto known = rule.windows.find(start);
  if (known != rule.windows.end()) return &known->second;
  const auto stored = store_.get(key::window(key::kWindow, rule.row.id, start));
  if (!stored) return tl::unexpected(stored.error());
  WindowTable& table = rule.windows.try_emplace(start).first->second;
  hot_->begin(table.cells, &table);
  table.state = rule.row.id;
  table.window = rule.calendar->window_at(event_time_ms(start));
  table.row.end = table.window.end;
  table.changes =
      rule.has_dates() && rule.rule->budgets->change_within(table.window.start, table.window.end);
  if (*stored) {
    if (!decode_window(**stored, table.row)) return stop("the state is damaged: a window's row");
    table.elsewhere = true;
    const std::string heights = key::window(key::kHeight, rule.row.id, start);
    bool good = true;
    auto scanned = store_.scan(heights, key::after(heights), [&](auto key, auto value) {
      RowReader in(value);
      table.heights[std::string(key.substr(key::kGroupAt))] = in.amount();
      return good = in.ok() && in.done();
    });
    if (!scanned) return tl::unexpected(scanned.error());
    if (!good) return stop("the state is damaged: a cell's height");
    const std::string parts = key::window(key::kParts, rule.row.id, start);
    scanned = store_.scan(parts, key::after(parts), [&](auto key, auto value) {
      return good = GroupParts::decode(value, table.parts[std::string(key.substr(key::kGroupAt))]);
    });
    if (!scanned) return tl::unexpected(scanned.error());
    if (!good) return stop("the state is damaged: a cell's parts");
  } else {
    table.row_changed = true;
    // A window that begins has few groups, whatever the one before had.
    if (rule.drives && &table == &rule.windows.rbegin()->second) *rule.drives = true;
  }
  return &table;
}

Result<HotCells::Place> State::hot_cell(RuleState& rule, WindowTable& table, std::string_view group,
                                        std::uint32_t hash) {
  HotCells::Place at = hot_->find(table.cells, group, hash);
  if (at != HotCells::kAbsent) return at;
  if (table.elsewhere) {
    const auto loaded = load_cell(rule, table, group, hash);
    if (!loaded) return tl::unexpected(loaded.error());
    if (*loaded != HotCells::kAbsent) return *loaded;
  }
  if (table.row.groups >= rule.rule->max_groups && group != kOverflowGroup) {
    ++counts_[Count::overflow_groups];
    counts_changed_ = true;
    return hot_cell(rule, table, kOverflowGroup, hot_->hash(table.cells, kOverflowGroup));
  }
  at = hot_->add(table.cells, group, hash);
  renew(rule, table, group, (*hot_)[at]);
  ++table.row.groups;
  table.row_changed = true;
  if (rule.peaks != nullptr) rule.peaks->cell();
  return at;
}

// From a key of its own, else from a page. kAbsent: the group is new.
Result<HotCells::Place> State::load_cell(RuleState& rule, WindowTable& table,
                                         std::string_view group, std::uint32_t hash) {
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
  if (!cell) return HotCells::kAbsent;
  const HotCells::Place at = hot_->add(table.cells, group, hash);
  HotCell& entry = (*hot_)[at];
  entry.cell = *cell;
  entry.stored = stored->has_value();
  renew(rule, table, group, entry);
  // What was armed again must be stored, or it is forgotten when the cell goes cold unchanged.
  if (entry.cell.reached != cell->reached) touch(rule, table, at, StreamTime::kUnset);
  return at;
}

// What the ladder as it is now makes of the cell: rungs whose limit was raised are armed again.
void State::renew(RuleState& rule, WindowTable& table, std::string_view group, HotCell& entry) {
  entry.edition = rule.edition;
  if (!rule.part_ends(table, group).empty()) return renew_parts(rule, table, group, entry);
  const Ladder& ladder = rule.ladder_of(group, table.window.start);
  if (const auto parts = table.parts.find(group); parts != table.parts.end()) {
    // Its budget does not change here any more: what was told stays told.
    for (const auto& step : ladder.steps) {
      if (parts->second.was_told(step.bit, step.amount)) {
        entry.cell.reached |= std::uint64_t{1} << step.bit;
      }
    }
    table.parts.erase(parts);
    batch_.erase(key::cell(key::kParts, rule.row.id, to_ms(table.window.start), group));
  }
  SumCell highest = entry.cell;
  if (!table.heights.empty()) {
    const auto height = table.heights.find(group);
    if (height != table.heights.end()) highest.total = std::max(highest.total, height->second);
  }
  const std::uint64_t left = entry.cell.reached & no_longer_met(ladder, highest);
  entry.cell.reached &= ~left;
  if (left != 0) tell_raised(rule, table, group, entry.cell, left, table.window.start);
  entry.next_reached_at = next_reached_at(ladder, entry.cell.reached);
}

void State::reach(RuleState& rule, WindowTable& table, HotCells::Place cell, EventTime at,
                  const CommitInput& input) {
  HotCell& entry = (*hot_)[cell];
  const std::string_view group = hot_->group(cell);
  if (reach_parts(rule, table, cell, at, input)) return;
  const Ladder& ladder = rule.ladder_of(group, table.window.start);
  const std::uint64_t met = newly_met(ladder, entry.cell, rule.rule->min_requests);
  const bool silent = rule.rule->metric == Metric::first_seen &&
                      (at < rule.row.began + kNewsFrom || input.backfilling);
  for (const auto& step : ladder.steps) {
    if ((met >> step.bit & 1) == 0 || silent) continue;
    record(rule,
           {.ladder = &ladder,
            .step = &step,
            .group = group,
            .id_start = table.window.start,
            .about = table.window,
            .value = entry.cell.total,
            .amount = entry.cell.total,
            .requests = entry.cell.requests,
            .at = at,
            .in_force = table.window.start},
           false, input);
    add_drivers(rule, table.window, group);
    add_before(rule, table.window, group);
    add_recent(rule, table.window, group);
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
  alert.repriced = input.corrections != nullptr;
  alert.old_news = input.catching_up || alert.repriced;
  alert.stale = input.catching_up && alert.window.end != kNever &&
                alert.window.end + limits_.stale_after < as_event_time(input.now);
  recorded.channels = channels_of(*rule.rule, crossing);
  alert_log_.note(alert, input.now);
  committed_.alerts.push_back(std::move(recorded));
}

void State::resolve(RuleState& rule, const Judged& judged, const PaneEnded& ended) {
  if (!rule.rule->tells_resolved()) return;
  // What began and ended while catching up is old news from end to end.
  if (catching_up_since_ && ended.since >= *catching_up_since_) return;
  Resolved resolved;
  Resolution& resolution = resolved.resolution;
  const Crossing crossing{.ladder = &judged.ladder,
                          .step = ended.step,
                          .group = judged.group,
                          .id_start = ended.id_start,
                          .about = ended.about,
                          .value = ended.value,
                          .amount = ended.amount,
                          .requests = ended.requests,
                          .at = ended.until,
                          .beside = ended.beside,
                          .shape = ended.shape,
                          .in_force = judged.in_force};
  resolution.alert = make_alert(*rule.rule, rule.row.fingerprint, crossing);
  resolution.highest = ended.highest;
  resolution.since = ended.since;
  resolution.until = ended.until;
  resolved.channels = channels_of(*rule.rule, crossing);
  committed_.resolved.push_back(std::move(resolved));
}

std::vector<std::string> State::channels_of(const Rule& rule, const Crossing& crossing) const {
  return tocsin::channels_of(rule, rule.ladder[crossing.step->rung], {crossing.group, crossing.at},
                             fallback_);
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
  follow_partitions();
  if (input.tick == nullptr) return;
  // After it: what was read before the tick has its say, though its partition is idle from now on.
  for (const auto partition : input.tick->idle) {
    partitions_[partition].idle = true;
    partition_changed_[partition] = true;
  }
  watermark_ = std::max(watermark_, input.tick->clock);
  follow_partitions();
}

// The watermark is the least of the partitions that are not idle, less out_of_order.
void State::follow_partitions() {
  EventTime least = EventTime::max();
  for (const auto& row : partitions_) {
    if (!row.idle) least = std::min(least, row.stream_time.now);
  }
  if (least == EventTime::max() || least == StreamTime::kUnset) return;
  watermark_ = std::max(watermark_, least - limits_.out_of_order);
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
