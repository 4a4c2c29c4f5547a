// SPDX-License-Identifier: Apache-2.0
#include "state/view.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "alert/alert_codec.h"
#include "state/keys.h"
#include "state/rule_state.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

Result<void> damaged() { return stop("the state is damaged: a row cannot be read"); }

struct StoredWindow {
  std::uint32_t state = 0;
  std::int64_t start = 0;
  EventTime end{};
};

using Sums = std::unordered_map<std::string, SumCell>;

// The states of the store, and the journal over them.
struct Known final : JournalSink {
  void sum(std::uint32_t state, std::int64_t start, std::string_view group,
           const SumCell& cell) override {
    sums[{state, start}][std::string(group)] = cell;
  }
  PaneCell& panes(std::uint32_t state, std::string_view group) override {
    return pane_cells[state][std::string(group)];
  }

  std::map<std::uint32_t, StateRow> states;
  std::map<std::pair<std::uint32_t, std::int64_t>, Sums> sums;  // of the journal
  std::map<std::uint32_t, std::map<std::string, PaneCell>> pane_cells;
};

// Shows the cells of one state.
class Shower {
 public:
  Shower(const StateRow& row, const std::vector<Rule>& rules,
         const std::function<bool(const CellView&)>& cell)
      : row_(row), cell_(cell), bits_(row.rungs) {
    for (const auto& rule : rules) {
      if (rule.name == row.rule && rule.fingerprint() == row.fingerprint) rule_ = &rule;
    }
  }

  const Rule* rule() const { return rule_; }

  struct Cell {
    Window window;
    int128 total = 0;
    int128 amount = 0;
    std::int64_t requests = 0;
    std::uint64_t reached = 0;  // marks
    std::vector<CellView::Holding> holding{};
  };

  // The rung of the present ladder that a mark stands for.
  std::optional<std::size_t> rung_of(unsigned bit) const {
    if (rule_ == nullptr || bit >= bits_.texts().size()) return std::nullopt;
    for (std::size_t i = 0; i < rule_->ladder.size(); ++i) {
      if (rule_->ladder[i].text == bits_.texts()[bit]) return i;
    }
    return std::nullopt;
  }

  bool show(std::string_view group, Cell cell) {
    CellView view;
    view.key = group;
    view.requests = cell.requests;
    view.amount = cell.amount;
    view.holding = std::move(cell.holding);
    view.rule = rule_;
    view.name = row_.rule;
    const auto values = group_values(group, row_.group_by.size());
    for (std::size_t i = 0; values && i < values->size(); ++i) {
      view.group.emplace_back(row_.group_by[i], (*values)[i]);
    }
    view.metric = static_cast<Metric>(row_.metric);
    view.window = cell.window;
    view.total = cell.total;
    if (rule_ != nullptr && rule_->budgets) view.budget = rule_->budgets->of(group);
    mark_reached(view, cell.reached);
    return cell_(view);
  }

 private:
  void mark_reached(CellView& view, std::uint64_t reached) const {
    if (rule_ == nullptr || reached == 0) return;
    for (unsigned bit = 0; bit < bits_.texts().size(); ++bit) {
      if ((reached >> bit & 1) == 0) continue;
      if (const auto rung = rung_of(bit)) view.reached.push_back(*rung);
    }
    std::sort(view.reached.begin(), view.reached.end());
    view.rung = highest(view.budget, view.reached);
  }

  std::optional<std::size_t> highest(std::optional<int128> budget,
                                     const std::vector<std::size_t>& reached) const {
    std::optional<std::size_t> best;
    int128 amount = 0;
    for (const std::size_t i : reached) {
      const int128 at = rung_amount(rule_->ladder[i], budget);
      if (best && at < amount) continue;
      best = i;
      amount = at;
    }
    return best;
  }

  const StateRow& row_;
  const std::function<bool(const CellView&)>& cell_;
  RungBits bits_;
  const Rule* rule_ = nullptr;
};

// Reads what a view shows, window by window.
class Reader {
 public:
  Reader(const Snapshot& snapshot, const std::vector<Rule>& rules,
         const std::function<bool(const CellView&)>& cell, const Rule* only)
      : snapshot_(snapshot), rules_(rules), cell_(cell), only_(only) {}

  Result<void> run() {
    for (const auto step : {&Reader::read_states, &Reader::read_windows, &Reader::read_pane_cells,
                            &Reader::read_journal_rows, &Reader::show_pane_cells}) {
      if (auto done = (this->*step)(); !done) return done;
    }
    for (const auto& window : windows_) {
      if (!more_) break;
      if (auto shown = show_window(window); !shown) return shown;
    }
    return {};
  }

 private:
  Result<void> scan(const std::string& prefix, const Snapshot::Row& row) {
    auto scanned = snapshot_.scan(prefix, key::after(prefix), row);
    if (!scanned) return scanned;
    return good_ ? Result<void>{} : damaged();
  }

  Result<void> read_states() {
    return scan(std::string(1, key::kState), [&](auto, auto value) {
      StateRow row;
      good_ = decode_state(value, row);
      const bool asked =
          only_ == nullptr || (row.rule == only_->name && row.fingerprint == only_->fingerprint());
      if (asked) known_.states.emplace(row.id, std::move(row));
      return good_;
    });
  }

  Result<void> read_windows() {
    auto read = scan(std::string(1, key::kWindow), [&](auto key, auto value) {
      WindowRow row;
      good_ = decode_window(value, row);
      if (!known_.states.contains(key::read_u32(key.substr(1)))) return good_;
      windows_.push_back({key::read_u32(key.substr(1)), key::read_i64(key.substr(5)), row.end});
      return good_;
    });
    std::sort(windows_.begin(), windows_.end(), [](const auto& a, const auto& b) {
      return a.start != b.start ? a.start > b.start : a.state < b.state;
    });
    return read;
  }

  // From their own keys; the journal comes over them.
  Result<void> read_pane_cells() {
    for (const auto& [id, row] : known_.states) {
      const auto is_of = [state = id](const StoredWindow& window) { return window.state == state; };
      if (std::any_of(windows_.begin(), windows_.end(), is_of)) continue;
      auto& cells = known_.pane_cells[id];
      auto read = scan(key::window(key::kCell, id, 0), [&](auto key, auto value) {
        RowReader in(value);
        read_panes(in, cells[std::string(key.substr(key::kGroupAt))]);
        good_ = in.ok();
        return good_;
      });
      if (!read) return read;
    }
    return {};
  }

  Result<void> read_journal_rows() {
    return scan(std::string(1, key::kJournal), [&](auto, auto value) {
      good_ = read_journal(value, known_);
      return good_;
    });
  }

  Result<void> show_pane_cells() {
    for (const auto& [id, cells] : known_.pane_cells) {
      const auto state = known_.states.find(id);
      if (state == known_.states.end()) continue;
      Shower shower(state->second, rules_, cell_);
      if (shower.rule() == nullptr) continue;
      for (const auto& [group, cell] : cells) {
        if (more_ && !cell.panes.empty()) more_ = show_panes(shower, group, cell);
      }
    }
    return {};
  }

  static bool show_panes(Shower& shower, std::string_view group, const PaneCell& cell) {
    const Rule& rule = *shower.rule();
    const PaneSum& last = cell.panes.all().back();
    std::uint64_t reached = 0;
    std::vector<CellView::Holding> holding;
    const Panes grid = rule.rolling() ? Panes::of(rule.window.length) : Panes::minutes();
    for (const auto& episode : cell.episodes) {
      if (episode.told) {
        reached |= std::uint64_t{1} << episode.bit;
      } else if (const auto rung = shower.rung_of(episode.bit)) {
        holding.push_back({*rung, grid.start(episode.first_pane)});
      }
    }
    Window window;
    PaneSum sums;
    if (rule.rolling()) {
      window = {grid.end(last.pane) - rule.window.length, grid.end(last.pane)};
      sums = cell.panes.over(grid.first_covered(last.pane), last.pane);
    } else {
      auto calendar = Calendar::create(rule.window);
      if (!calendar) return true;
      window = calendar->window_at(grid.start(last.pane));
      sums = cell.panes.over(cell.judged_through + 1, last.pane);
      if (window.start == cell.window_start) {
        sums.amount += cell.window_amount;
        sums.requests += cell.window_requests;
      }
    }
    return shower.show(group, {window, value_of(is_ratio(rule.metric), sums.amount, sums.requests),
                               sums.amount, sums.requests, reached, std::move(holding)});
  }

  static Shower::Cell of(const Window& window, const SumCell& cell) {
    return {window, cell.total, cell.total, cell.requests, cell.reached};
  }

  // The newest value of a cell: the journal's, else its own key's, else its page's.
  Result<void> show_window(const StoredWindow& at) {
    const auto state = known_.states.find(at.state);
    if (state == known_.states.end()) return {};
    Shower shower(state->second, rules_, cell_);
    const Window window{event_time_ms(at.start), at.end};
    Sums& newest = known_.sums[{at.state, at.start}];
    auto read = scan(key::window(key::kCell, at.state, at.start), [&](auto key, auto value) {
      RowReader in(value);
      newest.emplace(key.substr(key::kGroupAt), read_sum(in));
      good_ = in.ok();
      return good_;
    });
    if (!read) return read;
    std::vector<PageCell> page;
    read = scan(key::window(key::kPage, at.state, at.start), [&](auto, auto value) {
      page.clear();
      good_ = decode_page(value, page);
      for (const auto& paged : page) {
        if (!more_ || newest.contains(std::string(paged.group))) continue;
        more_ = shower.show(paged.group, of(window, paged.cell));
      }
      return good_ && more_;
    });
    if (!read) return read;
    for (const auto& [group, sums] : newest) {
      if (more_) more_ = shower.show(group, of(window, sums));
    }
    return {};
  }

  const Snapshot& snapshot_;
  const std::vector<Rule>& rules_;
  const std::function<bool(const CellView&)>& cell_;
  const Rule* only_;  // nullptr: every state
  Known known_;
  std::vector<StoredWindow> windows_;
  bool good_ = true;
  bool more_ = true;
};

}  // namespace

Result<void> StateView::cells(const std::function<bool(const CellView&)>& cell) const {
  return Reader(snapshot_, rules_, cell, nullptr).run();
}

Result<void> StateView::cells_of(const Rule& rule,
                                 const std::function<bool(const CellView&)>& cell) const {
  return Reader(snapshot_, rules_, cell, &rule).run();
}

Result<void> StateView::alerts(const std::function<bool(const Alert&)>& alert) const {
  std::optional<Error> failed;
  const std::string from(1, key::kAlert);
  auto scanned = snapshot_.scan_back(from, key::after(from), [&](auto, auto value) {
    const auto decoded = decode_alert(value);
    if (!decoded) {
      failed = decoded.error();
      return false;
    }
    return alert(*decoded);
  });
  if (!scanned) return scanned;
  if (failed) return tl::unexpected(*failed);
  return {};
}

}  // namespace tocsin
