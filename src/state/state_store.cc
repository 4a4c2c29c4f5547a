// SPDX-License-Identifier: Apache-2.0
// The rows of a commit.
#include <utility>

#include "alert/alert_codec.h"
#include "state/driver_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/row.h"

namespace tocsin {
void State::write_journal() {
  if (!limits_.starts_again) return end_touches();
  const CrashSpan span(CrashStep::journal);
  JournalWriter row;
  for (const auto& [rule, table] : touched_) {
    row.begin_sums(table->state, to_ms(table->window.start), table->touched.size());
    for (const auto& touch : table->touched) {
      row.sum(hot_->group(touch.cell), (*hot_)[touch.cell].cell);
    }
    table->touched.clear();
  }
  touched_.clear();
  for (const auto& rule : rules_) {
    if (rule->touched_groups.empty()) continue;
    write_new_groups(*rule, row);
    row.begin_panes(rule->row.id, rule->touched_groups.size());
    std::vector<PaneSum> changed;
    for (PaneEntry* const entry : rule->touched_groups) {
      changed.clear();
      for (const auto pane : entry->changed) {
        if (const PaneSum* sums = entry->cell.panes.find(pane)) changed.push_back(*sums);
      }
      row.panes(*entry->group, entry->cell, changed);
      entry->changed.clear();
      rule->groups.measure(*entry);
    }
    rule->touched_groups.clear();
  }
  if (row.empty()) return;
  std::string bytes = row.take();
  journal_.rows.push_back({commit_, bytes.size()});
  journal_.bytes += bytes.size();
  batch_.put(key::numbered(key::kJournal, commit_), std::move(bytes));
}

// The commit has looked at what it touched.
void State::end_touches() {
  for (const auto& [rule, table] : touched_) table->touched.clear();
  touched_.clear();
  for (const auto& rule : rules_) {
    for (PaneEntry* const entry : rule->touched_groups) {
      entry->begins = false;
      entry->changed.clear();
      rule->groups.measure(*entry);
    }
    rule->touched_groups.clear();
  }
}

// A group that was forgotten may have rows in the journal still: who reads the store would show it
// with its old panes, which the judgement does not know any more.
void State::write_new_groups(RuleState& rule, JournalWriter& row) {
  std::vector<PaneEntry*> begun;
  for (PaneEntry* const entry : rule.touched_groups) {
    if (std::exchange(entry->begins, false)) begun.push_back(entry);
  }
  if (begun.empty()) return;
  row.begin_new_groups(rule.row.id, begun.size());
  for (const PaneEntry* const entry : begun) row.new_group(*entry->group);
}

void State::write_rows(const CommitInput& input) {
  const CrashSpan span(CrashStep::rows);
  for (const auto& recorded : committed_.alerts) {
    batch_.put(key::numbered(key::kAlert, recorded.number), encode_alert(recorded.alert));
    alert_log_.append(recorded, batch_);
  }
  for (const auto& resolved : committed_.resolved) alert_log_.append(resolved, batch_);

  if (input.tick != nullptr) {
    Tick tick = *input.tick;
    tick.at.clear();
    for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
      tick.at.emplace_back(i, partitions_[i].position.next_offset);
    }
    batch_.put(key::numbered(key::kTick, commit_), encode_tick(tick));
  }
  note_matches();
  for (const auto& rule : rules_) {
    if (std::exchange(rule->row_changed, false)) put_state_row(*rule);
    if (rule->shape != nullptr) write_shape(*rule);
    for (auto& [start, table] : rule->windows) {
      if (!table.row_changed) continue;
      table.row_changed = false;
      batch_.put(key::window(key::kWindow, rule->row.id, start), encode_window(table.row));
    }
  }
  write_partitions();
  write_ids(input);
  drivers_->write(input.now, batch_);
  std::string progress;
  RowWriter out(progress);
  out.number(commit_);
  out.number(alert_number_);
  out.signed_number(to_ms(watermark_));
  batch_.put(key::meta("progress"), std::move(progress));
  if (counts_changed_) batch_.put(key::meta("counts"), counts_.encode());
  counts_changed_ = false;
  unpriced_.write(batch_);
}

// Hours that this commit changed; and no more those that no pane to come is judged by.
void State::write_shape(RuleState& rule) {
  const auto key = [&](std::int64_t hour) { return key::window(key::kShape, rule.row.id, hour); };
  rule.shape->take_changed([&](std::int64_t hour, const WeekShape::Hour& sums) {
    batch_.put(key(hour), encode_hour(sums));
  });
  if (rule.judged_through == INT64_MIN) return;
  rule.shape->forget_before(rule.pane_rule.panes.start(rule.judged_through),
                            [&](std::int64_t hour) { batch_.erase(key(hour)); });
}

void State::write_partitions() {
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    if (!partition_changed_[i]) continue;
    partition_changed_[i] = false;
    batch_.put(key::position(i), encode_partition(partitions_[i]));
    ids_->move_stored(i, stream_second(partitions_[i]));
  }
  ids_->move_least(least_second(partitions_));
}

void State::write_ids(const CommitInput& input) {
  std::vector<std::span<const ClaimedId>> claims;
  for (const auto& work : input.work) claims.push_back(work.ids);
  id_archive_->write(commit_, claims, batch_);
  if (const std::size_t forgotten = id_archive_->take_forgotten(); forgotten != 0) {
    counts_[Count::ids_forgotten] += forgotten;
    counts_changed_ = true;
  }
}

}  // namespace tocsin
