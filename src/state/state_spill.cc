// SPDX-License-Identifier: Apache-2.0
// How cells get keys of their own, some each commit: windows that close, the journal's older half,
// memory that is short.
#include <algorithm>

#include "state/driver_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

constexpr std::size_t kPageCells = 128;
constexpr std::size_t kSortedPerCommit = 32'768;
constexpr std::size_t kScansPerCommit = 200'000;
constexpr std::size_t kHandMin = 256 << 10;

bool at_or_before(std::uint32_t commit, std::uint64_t target) {
  return static_cast<std::int32_t>(commit - static_cast<std::uint32_t>(target)) <= 0;
}

}  // namespace

void State::close_windows() {
  if (watermark_ == StreamTime::kUnset) return;
  std::size_t left = limits_.spills_per_commit;
  for (const auto& rule : rules_) {
    for (auto at = rule->windows.begin(); at != rule->windows.end();) {
      WindowTable& table = at->second;
      const bool open =
          table.window.end == kNever || watermark_ < table.window.end + rule->lateness;
      if (open || !close_some(table, left)) {
        ++at;
      } else {
        at = rule->windows.erase(at);
      }
    }
  }
}

// Stores some of a closed window's cells; true when none is left here. The first time a window
// closes its cells become pages, later changes are kept beside them.
bool State::close_some(WindowTable& table, std::size_t& left) {
  const CrashSpan span(CrashStep::close);
  if (!table.row.paged) {
    drivers_->forget({table.state, to_ms(table.window.start)});
    table.row.paged = true;
    table.row_changed = true;
    table.elsewhere = true;
    table.cells.pinned = true;
    table.closing = std::make_unique<CellOrder>(*hot_, table.cells);
    table.closing_since = commit_;
  }
  if (table.closing) {
    if (!table.closing->gather(kSortedPerCommit)) return false;
    for (std::size_t pages = 0; write_page(table); ++pages) {
      if (pages == limits_.pages_per_commit) return false;
    }
    table.closing.reset();
    table.cells.pinned = false;
    table.row.paged_through = table.closing_since;
    table.row_changed = true;
  }
  return store_all(table, left);
}

// False: all are written.
bool State::write_page(WindowTable& table) {
  const std::int64_t start = to_ms(table.window.start);
  std::vector<HotCells::Place> paged;
  while (paged.size() < kPageCells) {
    const HotCells::Place at = table.closing->next();
    if (at == HotCells::kAbsent) break;
    hot_->fetch(at);
    paged.push_back(at);
  }
  if (table.recovered) find_keys(table, paged);
  std::vector<PageCell> page;
  for (const auto at : paged) {
    hot_->fetch_index(hot_->hash(table.cells, hot_->group(at)));
    page.push_back({hot_->group(at), (*hot_)[at].cell});
    if ((*hot_)[at].stored) {
      batch_.erase(key::cell(key::kCell, table.state, start, hot_->group(at)));
    }
  }
  if (page.empty()) return false;
  batch_.put(key::cell(key::kPage, table.state, start, page.front().group), encode_page(page));
  for (const auto at : paged) hot_->erase(at);
  return true;
}

// Of cells by rising group. Erasing all keys they could have would bury as many keys as a window
// has groups.
void State::find_keys(const WindowTable& table, std::span<const HotCells::Place> cells) {
  if (cells.empty()) return;
  const auto own = [&](HotCells::Place at) {
    return key::cell(key::kCell, table.state, to_ms(table.window.start), hot_->group(at));
  };
  auto cell = cells.begin();
  const auto scanned =
      store_.scan(own(cells.front()), own(cells.back()) + '\0', [&](auto key, auto) {
        const std::string_view group = key.substr(key::kGroupAt);
        while (cell != cells.end() && hot_->group(*cell) < group) ++cell;
        if (cell != cells.end() && hot_->group(*cell) == group) (*hot_)[*cell].stored = true;
        return cell != cells.end();
      });
  if (scanned) return;
  for (const auto at : cells) (*hot_)[at].stored = true;  // perhaps
}

// Stores and forgets cells of the window, and then its row; false: some are left.
bool State::store_all(WindowTable& table, std::size_t& left) {
  while (!table.cells.parts.empty()) {
    if (left == 0) return false;
    const std::size_t before = spilled_.size();
    hot_->empty(table.cells.parts.front().block, [&](HotCells::Place at) {
      if ((*hot_)[at].dirty) spill(table, at);
      return false;
    });
    table.elsewhere = true;
    left -= std::min(left, spilled_.size() - before);
  }
  if (!table.row_changed) return true;
  table.row_changed = false;
  batch_.put(key::window(key::kWindow, table.state, to_ms(table.window.start)),
             encode_window(table.row));
  return true;
}

void State::spill(WindowTable& table, HotCells::Place at) {
  HotCell& entry = (*hot_)[at];
  spilled_.emplace_back(
      key::cell(key::kCell, table.state, to_ms(table.window.start), hot_->group(at)),
      encode_sum(entry.cell));
  entry.dirty = false;
  entry.stored = true;
}

// In the order of their keys: the store takes them a quarter faster so.
void State::put_spilled() {
  std::sort(spilled_.begin(), spilled_.end());
  for (auto& [key, value] : spilled_) batch_.put(std::move(key), std::move(value));
  spilled_.clear();
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
  if (!pass.panes_stored) return;  // the next commits do
  const CrashSpan span(CrashStep::trim);
  Left left{trimmed_per_commit(), kScansPerCommit};
  for (; pass.rule < rules_.size(); ++pass.rule, pass.window = INT64_MIN, pass.cell = {}) {
    RuleState& rule = *rules_[pass.rule];
    for (auto at = rule.windows.lower_bound(pass.window); at != rule.windows.end(); ++at) {
      if (at->first != pass.window) pass.cell = {};
      pass.window = at->first;
      if (!trim_table(at->second, pass, left)) return;
    }
  }
  while (!journal_.rows.empty() && journal_.rows.front().commit <= pass.target) {
    batch_.erase(key::numbered(key::kJournal, journal_.rows.front().commit));
    journal_.bytes -= journal_.rows.front().bytes;
    journal_.rows.pop_front();
  }
  journal_.pass.reset();
}

// False: the commit has looked at, or stored, enough.
bool State::trim_table(WindowTable& table, JournalTail::Pass& pass, Left& left) {
  while (left.changes > 0 && left.looks > 0) {
    const HotCells::Place at = hot_->next(table.cells, pass.cell);
    if (at == HotCells::kAbsent) return true;
    --left.looks;
    const HotCell& entry = (*hot_)[at];
    if (!entry.dirty || !at_or_before(entry.commit, pass.target)) continue;
    spill(table, at);
    --left.changes;
  }
  return false;
}

// A journal row holds a group's changed panes alone, so its key must hold all of them before older
// rows go. The same commit's journal row says the rest of the cell once more: the journal's last
// word must not be older than the key.
void State::store_panes() {
  if (!journal_.pass || journal_.pass->panes_stored) return;
  const CrashSpan span(CrashStep::panes);
  std::size_t left = trimmed_per_commit();
  for (const auto& rule : rules_) {
    for (PaneEntry* entry = rule->groups.oldest_dirty();
         entry != nullptr && entry->dirty_since <= journal_.pass->target;
         entry = rule->groups.oldest_dirty()) {
      if (left-- == 0) return;
      store_group(*rule, *entry);
    }
  }
  journal_.pass->panes_stored = true;
}

void State::store_group(RuleState& rule, PaneEntry& entry) {
  touch_group(rule, entry);
  batch_.put(key::cell(key::kCell, rule.row.id, 0, *entry.group), encode_panes(entry.cell));
  rule.groups.make_clean(entry);
  entry.stored = true;
}

// More when the journal grows faster than that: by the square of how far it is over.
std::size_t State::trimmed_per_commit() const {
  const std::size_t times = std::max<std::size_t>(journal_.bytes / limits_.journal_bytes, 1);
  return limits_.spills_per_commit * times * times;
}

// Of memory of cells, what groups of rolling and judged rules leave.
std::size_t State::hot_bytes_max() const {
  return limits_.hot_bytes - std::min({pane_room_.used, limits_.pane_bytes, limits_.hot_bytes});
}

// Over the memory limit: a hand goes over the blocks of cells from the oldest on. Cells that were
// changed again since it last passed get a second chance at the end of their list; the others go to
// the store. Each commit the hand goes on by some times what came in, so it gains on it; when
// memory is an eighth over, by all it takes.
void State::evict() {
  const std::uint64_t grown = hot_->made() - made_before_;
  made_before_ = hot_->made();
  const std::size_t limit = hot_bytes_max();
  if (hot_->bytes() <= limit) return;
  const CrashSpan span(CrashStep::evict);
  const std::size_t most = limit + limit / 8;
  std::size_t left = 4 * grown + kHandMin;
  for (std::uint32_t block = hot_->oldest(), last = hot_->newest();
       block != 0 && hot_->bytes() > limit;) {
    if (left == 0 && hot_->bytes() <= most) break;
    const std::uint32_t next = block == last ? 0 : hot_->newer(block);
    HotList& list = hot_->list_of(block);
    if (!list.pinned) {
      left -= std::min(left, hot_->bytes_of(block));
      evict(*list.of, block);
    }
    block = next;
  }
  made_before_ = hot_->made();
}

void State::evict(WindowTable& table, std::uint32_t block) {
  hot_->empty(block, [&](HotCells::Place at) {
    HotCell& entry = (*hot_)[at];
    if (entry.used) {
      entry.used = false;
      return true;
    }
    if (entry.dirty) spill(table, at);
    table.elsewhere = true;
    return false;
  });
}

}  // namespace tocsin
