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

}  // namespace

// The states of the store, and the journal over them.
struct StateView::Known final : JournalSink {
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

namespace {

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

  bool show(std::string_view group, Window window, int128 total, std::uint64_t reached) {
    CellView view;
    view.rule = rule_;
    view.name = row_.rule;
    const auto values = group_values(group, row_.group_by.size());
    for (std::size_t i = 0; values && i < values->size(); ++i) {
      view.group.emplace_back(row_.group_by[i], (*values)[i]);
    }
    view.metric = static_cast<Metric>(row_.metric);
    view.window = window;
    view.total = total;
    if (rule_ != nullptr && rule_->budgets) view.budget = rule_->budgets->of(group);
    view.rung = highest(view.budget, reached);
    return cell_(view);
  }

 private:
  std::optional<std::size_t> highest(std::optional<int128> budget, std::uint64_t reached) {
    if (rule_ == nullptr || reached == 0) return std::nullopt;
    std::optional<std::size_t> best;
    int128 amount = 0;
    for (std::size_t i = 0; i < rule_->ladder.size(); ++i) {
      const auto bit = bits_.bit(rule_->ladder[i].text);
      if (!bit || (reached >> *bit & 1) == 0) continue;
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

}  // namespace

StateView::StateView(const Snapshot& snapshot, const std::vector<Rule>& rules)
    : snapshot_(snapshot), rules_(rules) {}
StateView::~StateView() = default;

Result<void> StateView::cells(const std::function<bool(const CellView&)>& cell) const {
  Known known;
  bool good = true;
  const auto kind = [&](char prefix, const Snapshot::Row& row) -> Result<void> {
    const std::string from(1, prefix);
    auto scanned = snapshot_.scan(from, key::after(from), row);
    if (!scanned) return scanned;
    return good ? Result<void>{} : damaged();
  };
  auto read = kind(key::kState, [&](auto, auto value) {
    StateRow row;
    good = decode_state(value, row);
    known.states.emplace(row.id, std::move(row));
    return good;
  });
  if (!read) return read;

  // Panes first from their own keys, then what the journal changed.
  std::vector<StoredWindow> windows;
  read = kind(key::kWindow, [&](auto key, auto value) {
    WindowRow row;
    good = decode_window(value, row);
    windows.push_back({key::read_u32(key.substr(1)), key::read_i64(key.substr(5)), row.end});
    return good;
  });
  if (!read) return read;
  std::map<std::uint32_t, bool> has_windows;
  for (const auto& window : windows) has_windows[window.state] = true;
  for (const auto& [id, row] : known.states) {
    if (has_windows[id]) continue;
    const std::string from = key::window(key::kCell, id, 0);
    read = snapshot_.scan(from, key::after(from), [&](auto key, auto value) {
      RowReader in(value);
      read_panes(in, known.pane_cells[id][std::string(key.substr(key::kGroupAt))]);
      good = in.ok();
      return good;
    });
    if (!read) return read;
    if (!good) return damaged();
  }
  read = kind(key::kJournal, [&](auto, auto value) {
    good = read_journal(value, known);
    return good;
  });
  if (!read) return read;

  std::sort(windows.begin(), windows.end(), [](const auto& a, const auto& b) {
    return a.start != b.start ? a.start > b.start : a.state < b.state;
  });
  bool more = true;
  for (const auto& [id, cells] : known.pane_cells) {
    const auto state = known.states.find(id);
    if (state == known.states.end()) continue;
    Shower shower(state->second, rules_, cell);
    const Rule* rule = shower.rule();
    for (const auto& [group, panes] : cells) {
      if (!more || panes.panes.empty() || rule == nullptr) continue;
      const PaneSum& last = panes.panes.all().back();
      std::uint64_t reached = 0;
      for (const auto& episode : panes.episodes) {
        if (episode.told) reached |= std::uint64_t{1} << episode.bit;
      }
      if (rule->rolling()) {
        const Panes grid = Panes::of(rule->window.length);
        const PaneSum sums = panes.panes.over(grid.first_covered(last.pane), last.pane);
        const Window window{grid.end(last.pane) - rule->window.length, grid.end(last.pane)};
        more = shower.show(group, window,
                           value_of(is_ratio(rule->metric), sums.amount, sums.requests), reached);
      } else if (auto calendar = Calendar::create(rule->window)) {
        const Window window = calendar->window_at(Panes::minutes().start(last.pane));
        const bool same = window.start == panes.window_start;
        const PaneSum sums = panes.panes.over(panes.judged_through + 1, last.pane);
        more = shower.show(group, window,
                           value_of(is_ratio(rule->metric),
                                    sums.amount + (same ? panes.window_amount : 0),
                                    sums.requests + (same ? panes.window_requests : 0)),
                           reached);
      }
    }
  }
  for (const auto& at : windows) {
    const auto state = known.states.find(at.state);
    if (state == known.states.end()) continue;
    Shower shower(state->second, rules_, cell);
    const Window window{event_time_ms(at.start), at.end};
    Sums& newest = known.sums[{at.state, at.start}];
    // The newest value of a cell: the journal's, else its own key's, else its page's.
    const std::string own = key::window(key::kCell, at.state, at.start);
    read = snapshot_.scan(own, key::after(own), [&](auto key, auto value) {
      RowReader in(value);
      const SumCell stored = read_sum(in);
      good = in.ok();
      newest.emplace(key.substr(key::kGroupAt), stored);
      return good;
    });
    if (!read) return read;
    if (!good) return damaged();
    const std::string pages = key::window(key::kPage, at.state, at.start);
    std::vector<PageCell> page;
    read = snapshot_.scan(pages, key::after(pages), [&](auto, auto value) {
      page.clear();
      good = decode_page(value, page);
      for (const auto& paged : page) {
        if (!more || newest.contains(std::string(paged.group))) continue;
        more = shower.show(paged.group, window, paged.cell.total, paged.cell.reached);
      }
      return good && more;
    });
    if (!read) return read;
    if (!good) return damaged();
    for (const auto& [group, sums] : newest) {
      if (more) more = shower.show(group, window, sums.total, sums.reached);
    }
    if (!more) break;
  }
  return {};
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
