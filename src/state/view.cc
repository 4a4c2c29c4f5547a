// SPDX-License-Identifier: Apache-2.0
#include "state/view.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

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

// The cells of a window or of a state of panes by their group, from the first one after `after` to
// `last`: at most `most` are held. The rest is read again when these have been shown, so that who
// asks takes little memory however many there are.
template <class Cell>
struct Range {
  std::size_t most = 0;
  std::optional<std::string> after;  // nothing: from the first
  std::optional<std::string> last;   // nothing: to the end
  std::map<std::string, Cell, std::less<>> cells;

  bool comes_before(std::string_view group) const { return last && group > *last; }
  bool holds(std::string_view group) const {
    return !comes_before(group) && !(after && group <= *after);
  }
  // The group's, a new one if need be; nullptr: it is not in the range, perhaps not any more.
  Cell* at(std::string_view group) {
    if (!holds(group)) return nullptr;
    const auto known = cells.find(group);
    if (known != cells.end()) return &known->second;
    const auto added = cells.try_emplace(std::string(group)).first;
    if (cells.size() <= most) return &added->second;
    cells.erase(std::prev(cells.end()));
    last = std::prev(cells.end())->first;
    return holds(group) ? &added->second : nullptr;
  }
  // On to what comes after it; false: nothing does.
  bool next() {
    cells.clear();
    if (!last) return false;
    after = std::exchange(last, std::nullopt);
    return true;
  }
};
using Sums = Range<SumCell>;
using Groups = Range<PaneCell>;

// The states of the store, and the journal over them.
struct Known final : JournalSink {
  explicit Known(std::size_t most_held) : most(most_held) {}

  Sums& sums_of(std::uint32_t state, std::int64_t start) {
    return sums.try_emplace({state, start}, Sums{most, {}, {}, {}}).first->second;
  }
  Groups& groups_of(std::uint32_t state) {
    return groups.try_emplace(state, Groups{most, {}, {}, {}}).first->second;
  }
  void sum(std::uint32_t state, std::int64_t start, std::string_view group,
           const SumCell& cell) override {
    if (SumCell* const held = sums_of(state, start).at(group)) *held = cell;
  }
  PaneCell& panes(std::uint32_t state, std::string_view group) override {
    PaneCell* const held = groups_of(state).at(group);
    return held != nullptr ? *held : passed_over = {};
  }

  const std::size_t most;
  std::map<std::uint32_t, StateRow> states;
  std::map<std::pair<std::uint32_t, std::int64_t>, Sums> sums;  // of the journal
  std::map<std::uint32_t, Groups> groups;

 private:
  PaneCell passed_over;
};

// The journal once more, for one of them.
struct Again final : JournalSink {
  std::uint32_t state = 0;
  std::int64_t start = 0;
  Sums* of_window = nullptr;
  Groups* of_state = nullptr;
  PaneCell passed_over{};

  void sum(std::uint32_t of, std::int64_t from, std::string_view group,
           const SumCell& cell) override {
    if (of_window == nullptr || of != state || from != start) return;
    if (SumCell* const held = of_window->at(group)) *held = cell;
  }
  PaneCell& panes(std::uint32_t of, std::string_view group) override {
    PaneCell* const held = of_state != nullptr && of == state ? of_state->at(group) : nullptr;
    return held != nullptr ? *held : passed_over = {};
  }
};

// Shows the cells of one state.
class Shower {
 public:
  Shower(const StateRow& row, const std::vector<Rule>& rules,
         const std::function<bool(const CellView&)>& cell, EventTime now)
      : row_(row), cell_(cell), bits_(row.rungs), now_(now) {
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
    view.state = row_.id;
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
    if (rule_ != nullptr && rule_->budgets) {
      // The row that is in force, or was as the window ended.
      const bool over = cell.window.end != kNever && cell.window.end <= now_;
      view.budget = rule_->budgets->of(
          group, over ? cell.window.end - Millis{1} : std::max(now_, cell.window.start));
    }
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
  EventTime now_;
};

// Reads what a view shows, window by window.
class Reader {
 public:
  Reader(const Snapshot& snapshot, const std::vector<Rule>& rules,
         const std::function<bool(const CellView&)>& cell, std::size_t most_held)
      : snapshot_(snapshot), rules_(rules), cell_(cell), known_(most_held) {}

  // `only`: nullptr: of every state.
  Result<void> run(const Rule* only) {
    only_ = only;
    if (auto read = read_now(); !read) return read;
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
    return scan_from(prefix, prefix, row);
  }

  // From a key on, as long as keys begin so.
  Result<void> scan_from(const std::string& from, const std::string& prefix,
                         const Snapshot::Row& row) {
    auto scanned = snapshot_.scan(from, key::after(prefix), row);
    if (!scanned) return scanned;
    return good_ ? Result<void>{} : damaged();
  }

  // The watermark: time as the state knows it.
  Result<void> read_now() {
    const auto progress = snapshot_.get(key::meta("progress"));
    if (!progress) return tl::unexpected(progress.error());
    if (!*progress) return {};
    RowReader in(**progress);
    in.number();
    in.number();
    const EventTime watermark = event_time_ms(in.signed_number());
    if (in.ok() && watermark != StreamTime::kUnset) now_ = watermark;
    return {};
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
      if (auto read = read_groups(id, known_.groups_of(id)); !read) return read;
    }
    return {};
  }

  Result<void> read_groups(std::uint32_t state, Groups& groups) {
    const std::string prefix = key::window(key::kCell, state, 0);
    return scan_from(prefix + groups.after.value_or(""), prefix, [&](auto key, auto value) {
      const std::string_view group = key.substr(key::kGroupAt);
      PaneCell* const cell = groups.at(group);
      if (cell == nullptr) return !groups.comes_before(group);
      RowReader in(value);
      read_panes(in, *cell);
      good_ = in.ok();
      return good_;
    });
  }

  Result<void> read_journal_rows() { return read_journal_rows(known_); }
  Result<void> read_journal_rows(JournalSink& sink) {
    return scan(std::string(1, key::kJournal), [&](auto, auto value) {
      good_ = read_journal(value, sink);
      return good_;
    });
  }

  Result<void> show_pane_cells() {
    for (auto& [id, groups] : known_.groups) {
      const auto state = known_.states.find(id);
      if (state == known_.states.end()) continue;
      Shower shower(state->second, rules_, cell_, now_);
      if (shower.rule() == nullptr) continue;
      for (bool left = more_; left;) {
        for (const auto& [group, cell] : groups.cells) {
          if (more_) more_ = show_panes(shower, group, cell);
        }
        left = groups.next() && more_;
        if (!left) break;
        if (auto read = read_groups(id, groups); !read) return read;
        Again again;
        again.state = id;
        again.of_state = &groups;
        if (auto read = read_journal_rows(again); !read) return read;
      }
    }
    return {};
  }

  static bool show_panes(Shower& shower, std::string_view group, const PaneCell& cell) {
    const Rule& rule = *shower.rule();
    const Panes grid = rule.rolling() ? Panes::of(rule.window.length) : Panes::minutes();
    Shower::Cell shown;
    PaneSum sums;
    if (rule.by_session()) {
      if (cell.slots.empty()) return true;
      shown.window = {cell.window_start, event_time_ms(cell.judged_through) + rule.window.length};
      sums = cell.window;
      shown.reached = cell.slots.front().reached;
    } else if (rule.rolling()) {
      if (cell.panes.empty()) return true;
      const std::int64_t last = cell.panes.all().back().pane;
      shown.window = {grid.end(last) - rule.window.length, grid.end(last)};
      sums = cell.panes.over(grid.first_covered(last), last);
    } else {
      auto calendar = Calendar::create(rule.window);
      if (!calendar || (cell.panes.empty() && cell.window.requests == 0)) return true;
      shown.window = newest_window(*calendar, grid, cell);
      sums = sums_in(shown.window, grid, cell);
    }
    for (const auto& episode : cell.episodes) {
      if (episode.told) {
        shown.reached |= std::uint64_t{1} << episode.bit;
      } else if (const auto rung = shower.rung_of(episode.bit)) {
        shown.holding.push_back({*rung, grid.start(episode.first_pane)});
      }
    }
    shown.total = value_of(rule.metric, sums);
    shown.amount = sums.amount;
    shown.requests = denominator_of(rule.metric, sums);
    return shower.show(group, std::move(shown));
  }

  // Of a judged calendar window.
  static Window newest_window(Calendar& calendar, const Panes& grid, const PaneCell& cell) {
    const EventTime judged = cell.window_start;
    if (cell.panes.empty()) return calendar.window_at(judged);
    return calendar.window_at(std::max(judged, grid.start(cell.panes.all().back().pane)));
  }

  // Panes that are not judged yet may be of the window before, too.
  static PaneSum sums_in(const Window& window, const Panes& grid, const PaneCell& cell) {
    PaneSum sums;
    if (window.start == cell.window_start) sums = cell.window;
    for (const PaneSum& one : cell.panes.all()) {
      if (one.pane <= cell.judged_through || grid.start(one.pane) < window.start) continue;
      sums.merge(one);
    }
    return sums;
  }

  static Shower::Cell of(const Window& window, const SumCell& cell) {
    return {window, cell.total, cell.total, cell.requests, cell.reached};
  }

  // The newest value of a cell: the journal's, else its own key's, else its page's.
  Result<void> show_window(const StoredWindow& at) {
    const auto state = known_.states.find(at.state);
    if (state == known_.states.end()) return {};
    Shower shower(state->second, rules_, cell_, now_);
    const Window window{event_time_ms(at.start), at.end};
    Sums& newest = known_.sums_of(at.state, at.start);
    for (;;) {
      if (auto read = read_cells(at, newest); !read) return read;
      if (auto shown = show_pages(at, newest, shower); !shown) return shown;
      for (const auto& [group, sums] : newest.cells) {
        if (more_) more_ = shower.show(group, of(window, sums));
      }
      if (!newest.next() || !more_) return {};
      Again again;
      again.state = at.state;
      again.start = at.start;
      again.of_window = &newest;
      if (auto read = read_journal_rows(again); !read) return read;
    }
  }

  // Those of which the journal says nothing.
  Result<void> read_cells(const StoredWindow& at, Sums& newest) {
    const std::string prefix = key::window(key::kCell, at.state, at.start);
    return scan_from(prefix + newest.after.value_or(""), prefix, [&](auto key, auto value) {
      const std::string_view group = key.substr(key::kGroupAt);
      if (newest.cells.contains(group)) return true;
      SumCell* const cell = newest.at(group);
      if (cell == nullptr) return !newest.comes_before(group);
      RowReader in(value);
      *cell = read_sum(in);
      good_ = in.ok();
      return good_;
    });
  }

  // Of the range, what is in pages alone.
  Result<void> show_pages(const StoredWindow& at, const Sums& newest, Shower& shower) {
    const std::string prefix = key::window(key::kPage, at.state, at.start);
    std::string from = prefix;
    if (newest.after) {  // its page may hold more
      auto found = snapshot_.scan_back(prefix, prefix + *newest.after + '\0', [&](auto key, auto) {
        from = key;
        return false;
      });
      if (!found) return found;
    }
    std::vector<PageCell> page;
    return scan_from(from, prefix, [&](auto, auto value) {
      page.clear();
      good_ = decode_page(value, page);
      for (const auto& paged : page) {
        if (!more_ || !newest.holds(paged.group) || newest.cells.contains(paged.group)) continue;
        more_ = shower.show(paged.group, of(Window{event_time_ms(at.start), at.end}, paged.cell));
      }
      return good_ && more_ && (page.empty() || !newest.comes_before(page.back().group));
    });
  }

  const Snapshot& snapshot_;
  const std::vector<Rule>& rules_;
  const std::function<bool(const CellView&)>& cell_;
  const Rule* only_ = nullptr;
  EventTime now_{};
  Known known_;
  std::vector<StoredWindow> windows_;
  bool good_ = true;
  bool more_ = true;
};

}  // namespace

Result<void> StateView::cells(const std::function<bool(const CellView&)>& cell) const {
  return Reader(snapshot_, rules_, cell, most_held_).run(nullptr);
}

Result<void> StateView::cells_of(const Rule& rule,
                                 const std::function<bool(const CellView&)>& cell) const {
  return Reader(snapshot_, rules_, cell, most_held_).run(&rule);
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
