// SPDX-License-Identifier: Apache-2.0
// Opening a state: what is stored, the journal over it, and the rules as they are now.
#include <algorithm>
#include <random>
#include <utility>

#include "state/driver_book.h"
#include "state/growth_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

// 2: ids in runs (id_pages.h). Format 1 knows their newest rows alone, and is read as it is.
// 4: what cached answers saved; what has no price by day, and messages of it; marks of a re-pricing
// on alerts, and heights of cells.
// 5: silences of alerts, and of what they keep back.
constexpr std::uint64_t kFormat = 5;
constexpr std::size_t kShareOfDrivers = 32;  // of StateLimits::hot_bytes
constexpr std::size_t kSumsAhead = 32;

Result<void> damaged(std::string_view what) {
  return stop("the state is damaged: " + std::string(what) +
              " cannot be read; restore the state directory from a copy, or move it away to begin "
              "anew from Kafka");
}

// The whole range of a kind.
struct Kind {
  explicit Kind(char kind) : from(1, kind), until(key::after(from)) {}
  std::string from, until;
};

}  // namespace

// Brings journal rows into memory, over what other keys hold.
struct State::Recovery final : JournalSink {
  explicit Recovery(State& into) : state(into) {}

  void sum(std::uint32_t id, std::int64_t start, std::string_view group,
           const SumCell& cell) override {
    RuleState* rule = rule_of(id);
    if (rule == nullptr) {
      orphan_sums[{id, start}].insert_or_assign(std::string(group), cell);
      return;
    }
    if (rule->by_pane) return;
    const auto table = state.window(*rule, start);
    if (!table) {
      failed = table.error();
      return;
    }
    if (commit <= (*table)->row.paged_through) return;
    (*table)->recovered = true;
    HotList& cells = (*table)->cells;
    ahead.push_back({&cells, group, state.hot_->hash(cells, group), cell});
    state.hot_->fetch_index(ahead.back().hash);
    if (ahead.size() == kSumsAhead) put_sums();
  }

  // Those of the row that were read and not put, while the row is there: their ways to memory were
  // fetched ahead, as State::apply() does it.
  void put_sums() {
    HotCells& hot = *state.hot_;
    for (const auto& sum : ahead) hot.fetch_cell(sum.hash);
    for (const auto& sum : ahead) {
      HotCells::Place at = hot.find(*sum.list, sum.group, sum.hash);
      if (at == HotCells::kAbsent) at = hot.add(*sum.list, sum.group, sum.hash);
      HotCell& entry = hot[at];
      entry.cell = sum.cell;
      entry.commit = static_cast<std::uint32_t>(commit);
      entry.dirty = true;
    }
    ahead.clear();
  }

  PaneCell& panes(std::uint32_t id, std::string_view group) override {
    RuleState* rule = rule_of(id);
    if (rule == nullptr) return orphan(id, group);
    if (!rule->by_pane) return ignored;
    PaneEntry& entry = rule->groups.add(group);
    rule->groups.make_dirty(entry, commit);
    entry.commit = commit;
    entry.stored = true;
    return entry.cell;
  }

  // A cell of a state that no rule has now, as its key holds it.
  PaneCell& orphan(std::uint32_t id, std::string_view group) {
    auto& cells = orphan_panes[id];
    const auto known = cells.find(std::string(group));
    if (known != cells.end()) return known->second;
    PaneCell& cell = cells[std::string(group)];
    const auto stored = state.store_.get(key::cell(key::kCell, id, 0, group));
    if (!stored) failed = stored.error();
    if (stored && *stored) {
      RowReader in(**stored);
      read_panes(in, cell);
    }
    return cell;
  }

  // No pass over hot cells will find them, so they get keys of their own before their rows are
  // trimmed: a rule that is taken out and put back finds its totals.
  void keep_orphans() {
    for (const auto& [window, cells] : orphan_sums) {
      for (const auto& [group, cell] : cells) {
        state.batch_.put(key::cell(key::kCell, window.first, window.second, group),
                         encode_sum(cell));
      }
    }
    for (const auto& [id, cells] : orphan_panes) {
      for (const auto& [group, cell] : cells) {
        state.batch_.put(key::cell(key::kCell, id, 0, group), encode_panes(cell));
      }
    }
  }

  RuleState* rule_of(std::uint32_t id) {
    const auto rule = state.by_id_.find(id);
    return rule == state.by_id_.end() ? nullptr : rule->second;
  }

  State& state;
  std::uint64_t commit = 0;
  PaneCell ignored;
  struct Ahead {
    HotList* list = nullptr;
    std::string_view group;
    std::uint32_t hash = 0;
    SumCell cell;
  };
  std::vector<Ahead> ahead;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::map<std::string, SumCell>> orphan_sums;
  std::map<std::uint32_t, std::map<std::string, PaneCell>> orphan_panes;
  std::optional<Error> failed;
};

State::State(const StateSetup& setup)
    : store_(setup.store),
      alert_log_(setup.alert_log),
      fallback_(setup.fallback),
      limits_(setup.limits),
      tariff_(setup.tariff) {}
State::~State() = default;

Result<std::unique_ptr<State>> State::open(const StateSetup& setup) {
  std::unique_ptr<State> state(new State(setup));
  if (auto loaded = state->load(setup); !loaded) return tl::unexpected(loaded.error());
  for (std::size_t i = 0; setup.peaks != nullptr && i < state->rules_.size(); ++i) {
    state->rules_[i]->peaks = &(*setup.peaks)[i];
  }
  return state;
}

Result<void> State::load(const StateSetup& setup) {
  ids_ = std::make_unique<IdSet>(store_, limits_.ids);
  id_archive_ = std::make_unique<IdArchive>(store_, *ids_, limits_.ids);
  if (auto loaded = load_meta(); !loaded) return loaded;
  hot_ = std::make_unique<HotCells>(seed_);
  drivers_ = std::make_unique<DriverBook>(store_, limits_.hot_bytes / kShareOfDrivers);
  growth_ = std::make_unique<GrowthBook>(store_);
  if (auto loaded = load_partitions(); !loaded) return loaded;
  if (auto loaded = load_rules(setup); !loaded) return loaded;
  for (const auto step : {&State::load_matches, &State::load_unpriced, &State::load_ids,
                          &State::load_panes, &State::load_journal}) {
    if (auto done = (this->*step)(); !done) return done;
  }
  if (auto loaded = load_version(); !loaded) return loaded;
  return note_version();
}

Result<void> State::load_meta() {
  const CrashSpan span(CrashStep::meta);
  const auto format = store_.get(key::meta("format"));
  if (!format) return tl::unexpected(format.error());
  if (!*format) {
    first_start_ = true;
    std::random_device random;
    seed_ = std::uint64_t{random()} << 32 | random();
    put_format();
    return {};
  }
  RowReader in(**format);
  const std::uint64_t version = in.number();
  if (version > kFormat) {
    return reject("the state was written by a newer tocsin (format " + std::to_string(version) +
                  ", this one reads " + std::to_string(kFormat) + "): run the newer one");
  }
  seed_ = in.fixed();
  if (!in.ok()) return damaged("its format");
  if (version < kFormat) put_format();
  const auto progress = store_.get(key::meta("progress"));
  if (!progress) return tl::unexpected(progress.error());
  if (*progress) {
    RowReader at(**progress);
    commit_ = at.number();
    alert_number_ = at.number();
    watermark_ = event_time_ms(at.signed_number());
    if (!at.ok()) return damaged("its progress");
  } else {
    first_start_ = true;
  }
  const auto counts = store_.get(key::meta("counts"));
  if (!counts) return tl::unexpected(counts.error());
  if (*counts && !counts_.decode(**counts)) return damaged("its counts");
  return {};
}

void State::put_format() {
  std::string bytes;
  RowWriter out(bytes);
  out.number(kFormat);
  out.fixed(seed_);
  batch_.put(key::meta("format"), bytes);
}

Result<void> State::load_partitions() {
  const CrashSpan span(CrashStep::positions);
  bool good = true;
  const Kind kind(key::kPosition);
  auto scanned = store_.scan(kind.from, kind.until, [&](auto, auto value) {
    PartitionRow row;
    good = decode_partition(value, row);
    const auto id = static_cast<std::uint32_t>(partitions_.size());
    ids_->move(id, stream_second(row));
    ids_->move_stored(id, stream_second(row));
    partitions_.push_back(std::move(row));
    return good;
  });
  if (!scanned) return scanned;
  if (!good) return damaged("a position");
  ids_->move_least(least_second(partitions_));
  partition_changed_.assign(partitions_.size(), false);
  return {};
}

Result<void> State::load_unpriced() {
  const CrashSpan span(CrashStep::meta);
  bool good = true;
  const Kind kind(key::kUnpriced);
  auto scanned = store_.scan(kind.from, kind.until,
                             [&](auto, auto value) { return good = unpriced_.load(value); });
  if (!scanned) return scanned;
  return good ? Result<void>{} : damaged("a count of what has no price");
}

Result<void> State::load_rules(const StateSetup& setup) {
  const CrashSpan span(CrashStep::rules);
  bool good = true;
  const Kind kind(key::kState);
  std::map<std::string, StateRow> known;
  auto scanned = store_.scan(kind.from, kind.until, [&](auto key, auto value) {
    StateRow row;
    good = decode_state(value, row);
    last_id_ = std::max(last_id_, row.id);
    known.emplace(key, std::move(row));
    return good;
  });
  if (!scanned) return scanned;
  if (!good) return damaged("a rule's identity");

  SweepCursor sweep;
  std::vector<std::uint32_t> fresh;
  for (const Rule& rule : setup.rules) {
    auto state = RuleState::create({setup.keeps, &rule}, seed_, limits_.lateness);
    if (!state) return tl::unexpected(state.error());
    if (rule.keeps_drivers()) (*state)->drives = driver_switches_.of(rule.name);
    auto stored = known.find((*state)->key);
    const std::string before = std::exchange((*state)->key_before, {});
    const bool renamed = stored == known.end() && known.contains(before);
    if (renamed) stored = known.find(before);
    StateRow row = (*state)->row;
    if (stored == known.end()) {
      row.id = ++last_id_;
      first_start_ = true;
      if (setup.backfills && rule.backfills()) fresh.push_back(row.id);
    } else {
      row = stored->second;
      (*state)->judged_until(row.left == StreamTime::kUnset ? watermark_ : row.left);
      known.erase(stored);
    }
    if (auto bound = (*state)->bind(row); !bound) return bound;
    if ((*state)->swept != (*state)->row.ladder) {
      (*state)->edition = 1;
      sweep.states.push_back(row.id);
    }
    put_state_row(**state);
    if (renamed) batch_.erase(before);
    (*state)->index = rules_.size();
    by_id_[row.id] = state->get();
    rules_.push_back(std::move(*state));
  }
  in_force_ = rules_.size();
  note_in_force();
  if (auto loaded = load_backfills(); !loaded) return loaded;
  order_backfill(std::move(fresh));
  // The others were in force until now, but for those that had gone before.
  for (auto& [key, row] : known) {
    if (row.left != StreamTime::kUnset) continue;
    row.left = std::max(watermark_, EventTime{});
    batch_.put(key, encode_state(row));
  }
  if (!sweep.states.empty()) sweep_ = std::move(sweep);
  return {};
}

// The stored ladder text changes when the sweep is done, so that a crash sweeps again.
void State::put_state_row(const RuleState& rule) {
  StateRow row = rule.row;
  row.ladder = rule.swept;
  batch_.put(rule.key, encode_state(row));
}

Result<void> State::load_ids() {
  const CrashSpan span(CrashStep::ids);
  return id_archive_->load();
}

Result<void> State::load_panes() {
  const CrashSpan span(CrashStep::cells);
  for (const auto& rule : rules_) {
    if (!rule->by_pane) continue;
    bool good = true;
    const std::string from = key::window(key::kCell, rule->row.id, 0);
    auto scanned = store_.scan(from, key::after(from), [&](auto key, auto value) {
      PaneEntry& entry = rule->groups.add(key.substr(key::kGroupAt));
      RowReader in(value);
      read_panes(in, entry.cell);
      entry.stored = true;
      good = in.ok() && in.done();
      return good;
    });
    if (!scanned) return scanned;
    if (!good) return damaged("a cell");
    if (auto loaded = load_shape(*rule); !loaded) return loaded;
  }
  return {};
}

Result<void> State::load_shape(RuleState& rule) const {
  if (rule.shape == nullptr) return {};
  bool good = true;
  std::string from(1, key::kShape);
  key::append_u32(from, rule.row.id);
  auto scanned = store_.scan(from, key::after(from), [&](auto key, auto value) {
    WeekShape::Hour hour;
    good = decode_hour(value, hour);
    rule.shape->set(key::read_i64(key.substr(1 + 4)), hour);
    return good;
  });
  if (!scanned) return scanned;
  return good ? Result<void>{} : damaged("the shape of a rule's week");
}

Result<void> State::load_journal() {
  const CrashSpan span(CrashStep::recover);
  Recovery recovery(*this);
  bool good = true;
  const Kind kind(key::kJournal);
  auto scanned = store_.scan(kind.from, kind.until, [&](auto key, auto value) {
    recovery.commit = key::read_u64(key.substr(1));
    journal_.rows.push_back({recovery.commit, value.size()});
    journal_.bytes += value.size();
    good = read_journal(value, recovery);
    recovery.put_sums();
    return good && !recovery.failed;
  });
  if (!scanned) return scanned;
  if (recovery.failed) return tl::unexpected(*recovery.failed);
  if (!good) return damaged("the journal");
  recovery.keep_orphans();
  for (const auto& rule : rules_) {
    for (auto& [start, table] : rule->windows) {
      HotCells::Cursor cursor;
      for (auto at = hot_->next(table.cells, cursor); at != HotCells::kAbsent;
           at = hot_->next(table.cells, cursor)) {
        // Where a sweep is due it renews them: it must see what the new ladder changes, to store
        // it.
        HotCell& entry = (*hot_)[at];
        if (entry.edition == rule->edition) renew(*rule, table, hot_->group(at), entry);
      }
      // With all its groups here, a new one need not be looked for in the store.
      if (!table.row.paged) table.elsewhere = table.cells.size < table.row.groups;
    }
    rule->groups.activate_all();
    rule->waits = rule->groups.size() > 0;
    for (PaneEntry* const entry : rule->groups.active()) {
      settle(rule->pane_rule, rule->judged_through, entry->cell);
    }
  }
  return {};
}

Result<std::string> State::identity(const std::string& source) const {
  const auto known = store_.get(key::meta("source/" + source));
  if (!known) return tl::unexpected(known.error());
  return known->value_or("");
}

Result<void> State::identify(const std::string& source, const std::string& identity) {
  const auto known = this->identity(source);
  if (!known) return tl::unexpected(known.error());
  if (!known->empty() && *known != identity) {
    return reject("this state was counted from " + *known + ", and " + source + " is now " +
                  identity + ": give the other source a state directory of its own");
  }
  if (known->empty()) batch_.put(key::meta("source/" + source), identity);
  return {};
}

std::uint32_t State::add_partition(const PartitionName& name) {
  for (std::uint32_t i = 0; i < partitions_.size(); ++i) {
    if (partitions_[i].name == name) return i;
  }
  partitions_.push_back({name, {}, -1, {}, false});
  partition_changed_.push_back(true);
  return static_cast<std::uint32_t>(partitions_.size() - 1);
}

State::Sizes State::sizes() const {
  Sizes sizes;
  for (const auto& rule : rules_) sizes.cells += rule->groups.size();
  sizes.cells += hot_->size();
  sizes.hot_bytes = hot_->bytes();
  for (const auto& rule : rules_) sizes.pane_bytes += rule->groups.bytes();
  sizes.journal_bytes = journal_.bytes;
  sizes.ids = id_archive_->size();
  sizes.id_bytes = id_archive_->filter_bytes() + ids_->table_bytes();
  return sizes;
}

}  // namespace tocsin
