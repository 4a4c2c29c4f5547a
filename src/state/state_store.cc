// SPDX-License-Identifier: Apache-2.0
// What a commit writes beside the cells' changes: closing, spilling, trimming, sweeping.
#include <algorithm>

#include "alert/alert_codec.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::size_t kPageCells = 128;
constexpr std::size_t kScansPerCommit = 200'000;
constexpr std::size_t kIdRowsPerCommit = 64;
constexpr std::uint64_t kCommitsPerIdRow = 256;

bool at_or_before(std::uint32_t commit, std::uint64_t target) {
  return static_cast<std::int32_t>(commit - static_cast<std::uint32_t>(target)) <= 0;
}

}  // namespace

void State::write_journal() {
  const CrashSpan span(CrashStep::journal);
  JournalWriter row;
  for (const auto& rule : rules_) {
    for (auto& [start, table] : rule->windows) {
      if (table.touched.empty()) continue;
      row.begin_sums(rule->row.id, start, table.touched.size());
      for (const auto& touch : table.touched) {
        row.sum(table.cells.group(touch.cell), table.cells[touch.cell].cell);
      }
      table.touched.clear();
    }
    if (rule->touched_groups.empty()) continue;
    row.begin_panes(rule->row.id, rule->touched_groups.size());
    std::vector<PaneSum> changed;
    for (const auto& group : rule->touched_groups) {
      PaneEntry& entry = rule->groups.find(group)->second;
      changed.clear();
      for (const auto pane : entry.changed) {
        if (const PaneSum* sums = entry.cell.panes.find(pane)) changed.push_back(*sums);
      }
      row.panes(group, entry.cell, changed);
      entry.changed.clear();
    }
    rule->touched_groups.clear();
  }
  if (row.empty()) return;
  std::string bytes = row.take();
  journal_.rows.push_back({commit_, bytes.size()});
  journal_.bytes += bytes.size();
  batch_.put(key::numbered(key::kJournal, commit_), std::move(bytes));
}

void State::write_rows(const CommitInput& input) {
  const CrashSpan span(CrashStep::rows);
  for (const auto& recorded : committed_.alerts) {
    batch_.put(key::numbered(key::kAlert, recorded.number), encode_alert(recorded.alert));
    alert_log_.append(recorded, batch_);
  }
  for (const auto& resolved : committed_.resolved) alert_log_.append(resolved, batch_);

  std::vector<ClaimedId> ids;
  for (const auto& work : input.work) ids.insert(ids.end(), work.ids.begin(), work.ids.end());
  if (!ids.empty()) {
    IdRow::LastSeconds last;
    for (const auto& id : ids) {
      auto& second = last.try_emplace(id.partition, id.second).first->second;
      second = std::max(second, id.second);
    }
    note_ids(commit_, last);
    batch_.put(key::numbered(key::kIds, commit_), encode_ids(ids));
  }
  if (input.tick != nullptr) {
    Tick tick = *input.tick;
    tick.at.clear();
    for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
      tick.at.emplace_back(i, partitions_[i].position.next_offset);
    }
    batch_.put(key::numbered(key::kTick, commit_), encode_tick(tick));
  }
  for (const auto& rule : rules_) {
    for (auto& [start, table] : rule->windows) {
      if (!table.row_changed) continue;
      table.row_changed = false;
      batch_.put(key::window(key::kWindow, rule->row.id, start), encode_window(table.row));
    }
  }
  write_partitions();
  std::string progress;
  RowWriter out(progress);
  out.number(commit_);
  out.number(alert_number_);
  out.signed_number(to_ms(watermark_));
  batch_.put(key::meta("progress"), std::move(progress));
  if (counts_changed_) batch_.put(key::meta("counts"), counts_.encode());
  counts_changed_ = false;
}

void State::write_partitions() {
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    if (!partition_changed_[i]) continue;
    partition_changed_[i] = false;
    batch_.put(key::position(i), encode_partition(partitions_[i]));
  }
}

void State::close_windows() {
  if (watermark_ == StreamTime::kUnset) return;
  for (const auto& rule : rules_) {
    for (auto at = rule->windows.begin(); at != rule->windows.end();) {
      WindowTable& table = at->second;
      const bool open =
          table.window.end == kNever || watermark_ < table.window.end + rule->lateness;
      if (open || !close_some(*rule, table)) {
        ++at;
      } else {
        at = rule->windows.erase(at);
        rule->drained = 0;  // of another window now
      }
    }
  }
}

// Stores some of a closed window's cells; true when it holds no more than the store does. The first
// time a window closes its cells become pages, later changes are kept beside them.
bool State::close_some(RuleState& rule, WindowTable& table) {
  const CrashSpan span(CrashStep::close);
  const std::int64_t start = to_ms(table.window.start);
  if (!table.row.paged) {
    table.row.paged = true;
    table.row_changed = true;
    table.closing = table.cells.by_group();
  }
  std::vector<PageCell> page;
  for (std::size_t pages = 0;
       pages < limits_.pages_per_commit && table.closed < table.closing.size(); ++pages) {
    page.clear();
    for (; page.size() < kPageCells && table.closed < table.closing.size(); ++table.closed) {
      const std::uint32_t cell = table.closing[table.closed];
      auto& entry = table.cells[cell];
      page.push_back({table.cells.group(cell), entry.cell});
      if (entry.stored) {
        batch_.erase(key::cell(key::kCell, rule.row.id, start, table.cells.group(cell)));
      }
      entry.stored = false;
      entry.dirty = false;
    }
    batch_.put(key::cell(key::kPage, rule.row.id, start, page.front().group), encode_page(page));
  }
  if (table.closed < table.closing.size()) return false;
  for (std::uint32_t cell = 0; cell < table.cells.size(); ++cell) {
    if (table.cells[cell].dirty) spill(rule, table, cell);
  }
  if (table.row_changed) {
    batch_.put(key::window(key::kWindow, rule.row.id, start), encode_window(table.row));
  }
  return true;
}

void State::spill(RuleState& rule, WindowTable& table, std::uint32_t cell) {
  auto& entry = table.cells[cell];
  batch_.put(key::cell(key::kCell, rule.row.id, to_ms(table.window.start), table.cells.group(cell)),
             encode_sum(entry.cell));
  entry.dirty = false;
  entry.stored = true;
}

void State::trim_journal() {
  if (!journal_.pass) {
    if (journal_.bytes <= limits_.journal_bytes) return;
    std::size_t bytes = 0;
    JournalTail::Pass pass;
    for (const auto& row : journal_.rows) {
      if (bytes >= journal_.bytes / 2) break;
      bytes += row.bytes;
      pass.target = row.commit;
    }
    journal_.pass = pass;
  }
  JournalTail::Pass& pass = *journal_.pass;
  if (!pass.panes_stored) return;  // the next commit does
  const CrashSpan span(CrashStep::trim);
  std::size_t left = limits_.spills_per_commit;
  std::size_t scans = kScansPerCommit;
  for (; pass.rule < rules_.size(); ++pass.rule, pass.window = INT64_MIN, pass.cell = 0) {
    RuleState& rule = *rules_[pass.rule];
    for (auto at = rule.windows.lower_bound(pass.window); at != rule.windows.end(); ++at) {
      if (at->first != pass.window) pass.cell = 0;
      pass.window = at->first;
      const std::size_t looked =
          at->second.cells.size() - std::min(pass.cell, at->second.cells.size());
      if (!trim_table(rule, at->second, pass, left)) return;
      scans -= std::min(scans, looked);
      if (scans == 0) return;
    }
  }
  while (!journal_.rows.empty() && journal_.rows.front().commit <= pass.target) {
    batch_.erase(key::numbered(key::kJournal, journal_.rows.front().commit));
    journal_.bytes -= journal_.rows.front().bytes;
    journal_.rows.pop_front();
  }
  journal_.pass.reset();
}

bool State::trim_table(RuleState& rule, WindowTable& table, JournalTail::Pass& pass,
                       std::size_t& left) {
  for (; pass.cell < table.cells.size(); ++pass.cell) {
    const auto& entry = table.cells[pass.cell];
    if (!entry.dirty || !at_or_before(entry.commit, pass.target)) continue;
    if (left == 0) return false;
    spill(rule, table, pass.cell);
    --left;
  }
  return true;
}

// A journal row holds a group's changed panes alone, so its key must hold all of them before older
// rows go. The same commit's journal row says the rest of the cell once more: the journal's last
// word must not be older than the key.
void State::store_panes() {
  if (!journal_.pass || journal_.pass->panes_stored) return;
  const CrashSpan span(CrashStep::panes);
  journal_.pass->panes_stored = true;
  for (const auto& rule : rules_) {
    for (auto& [group, entry] : rule->groups) {
      if (!entry.dirty) continue;
      touch_group(*rule, group, entry);
      batch_.put(key::cell(key::kCell, rule->row.id, 0, group), encode_panes(entry.cell));
      entry.dirty = false;
      entry.stored = true;
    }
  }
}

// Over the memory limit: the largest window's colder half goes to the store.
void State::evict() {
  std::size_t bytes = 0;
  RuleState* of = nullptr;
  WindowTable* largest = nullptr;
  for (const auto& rule : rules_) {
    for (auto& [start, table] : rule->windows) {
      bytes += table.cells.bytes();
      if (!table.closing.empty()) continue;
      if (largest == nullptr || table.cells.bytes() > largest->cells.bytes()) {
        of = rule.get();
        largest = &table;
      }
    }
  }
  if (bytes <= limits_.hot_bytes || largest == nullptr || largest->cells.size() < 2) return;
  const CrashSpan span(CrashStep::evict);
  const auto now = static_cast<std::uint32_t>(commit_);
  std::vector<std::uint32_t> ages;
  for (std::uint32_t i = 0; i < largest->cells.size(); ++i) {
    ages.push_back(now - largest->cells[i].commit);
  }
  const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
  std::nth_element(ages.begin(), middle, ages.end());
  const std::uint32_t limit = std::max<std::uint32_t>(*middle, 1);
  for (std::uint32_t i = 0; i < largest->cells.size(); ++i) {
    const auto& entry = largest->cells[i];
    if (entry.dirty && now - entry.commit >= limit) spill(*of, *largest, i);
  }
  const auto cold = [&](const auto& entry) { return now - entry.commit >= limit; };
  if (sweep_ && sweep_->states.back() == of->row.id &&
      sweep_->window == to_ms(largest->window.start)) {
    std::size_t swept = 0;  // that stay: the sweep goes on behind them
    for (std::uint32_t i = 0; i < sweep_->cell; ++i) {
      if (!cold(largest->cells[i])) ++swept;
    }
    sweep_->cell = swept;
  }
  largest->cells.rebuild(cold);
  largest->elsewhere = true;
  of->drained = 0;  // its cells have other places now
  if (journal_.pass) journal_.pass->cell = 0;
}

void State::note_ids(std::uint64_t commit, const IdRow::LastSeconds& last) {
  if (id_rows_.empty() || commit - id_rows_.back().first >= kCommitsPerIdRow) {
    id_rows_.push_back({commit, commit, last});
    return;
  }
  IdRow& row = id_rows_.back();
  row.last = commit;
  for (const auto& [partition, second] : last) {
    auto& latest = row.last_second.try_emplace(partition, second).first->second;
    latest = std::max(latest, second);
  }
}

// Looks at some rows a commit, all of them in turn: one that a quiet partition keeps must not keep
// the others.
void State::expire_ids() {
  for (std::size_t i = 0; i < kIdRowsPerCommit && id_rows_.size() > 1; ++i) {
    // The newest is still being added to.
    if (++id_cursor_ >= id_rows_.size() - 1) id_cursor_ = 0;
    const IdRow& row = id_rows_[id_cursor_];
    const bool expired =
        std::all_of(row.last_second.begin(), row.last_second.end(),
                    [&](const auto& at) { return ids_->expired(at.first, at.second); });
    if (!expired) continue;
    for (std::uint64_t commit = row.first; commit <= row.last; ++commit) {
      batch_.erase(key::numbered(key::kIds, commit));
    }
    id_rows_.erase(id_rows_.begin() + static_cast<std::ptrdiff_t>(id_cursor_));
    return;
  }
}

}  // namespace tocsin
