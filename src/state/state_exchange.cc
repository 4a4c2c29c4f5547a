// SPDX-License-Identifier: Apache-2.0
// Other rules while the state lives: what can be made ready beside it, the exchange, and what
// becomes of states that no rule has any more.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "state/driver_book.h"
#include "state/growth_book.h"
#include "state/keys.h"
#include "state/state.h"
#include "tocsin/crash_point.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::size_t kDiscardedPerCommit = 10'000;
constexpr std::size_t kBucketsPerCommit = 50'000;

// All cells of a rule that keeps them in memory, as their keys hold them.
Result<PaneGroups> read_groups(const Snapshot& store, const RuleState& rule, std::uint64_t seed) {
  PaneGroups groups(seed);
  bool good = true;
  const std::string from = key::window(key::kCell, rule.row.id, 0);
  auto scanned = store.scan(from, key::after(from), [&](auto key, auto value) {
    PaneEntry& entry = groups.add(key.substr(key::kGroupAt));
    RowReader in(value);
    read_panes(in, entry.cell);
    settle(rule.pane_rule, rule.judged_through, entry.cell);
    entry.stored = true;
    good = in.ok() && in.done();
    return good;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  if (!good) return stop("the state is damaged: a cell");
  groups.activate_all();
  return groups;
}

Result<std::uint64_t> last_commit(const Snapshot& store) {
  const auto progress = store.get(key::meta("progress"));
  if (!progress) return tl::unexpected(progress.error());
  if (!*progress) return 0;
  return RowReader(**progress).number();
}

}  // namespace

PreparedRules::PreparedRules() = default;
PreparedRules::~PreparedRules() = default;

Result<std::unique_ptr<PreparedRules>> State::prepare(RuleChange change) const {
  auto next = std::make_unique<PreparedRules>();
  next->fallback = std::move(change.fallback);
  next->limits = change.limits;
  next->rows = std::move(change.rows);
  next->tariff = std::move(change.tariff);
  next->backfills = change.backfills;
  const auto snapshot = store_.snapshot();
  const auto commit = last_commit(*snapshot);
  if (!commit) return tl::unexpected(commit.error());
  next->commit = *commit;
  for (const Rule& rule : change.rules) {
    auto state = RuleState::create({change.keeps, &rule}, seed_, change.limits.lateness);
    if (!state) return tl::unexpected(state.error());
    if (rule.keeps_drivers()) (*state)->drives = driver_switches_.of(rule.name);
    auto stored = snapshot->get((*state)->key);
    if (stored && !*stored && !(*state)->key_before.empty()) {
      stored = snapshot->get((*state)->key_before);
    } else {
      (*state)->key_before.clear();  // it has its own
    }
    if (!stored) return tl::unexpected(stored.error());
    StateRow row;
    if (*stored && !decode_state(**stored, row)) return stop("the state is damaged: a rule");
    if (*stored) {
      if (auto bound = (*state)->bind(row); !bound) return tl::unexpected(bound.error());
      (*state)->judged_until(row.left);
      // Those in force hold their cells in memory.
      if ((*state)->by_pane && !in_force_ids_.contains(row.id)) {
        auto groups = read_groups(*snapshot, **state, seed_);
        if (!groups) return tl::unexpected(groups.error());
        next->groups.emplace(row.id, std::move(*groups));
      }
      next->stored.emplace((*state)->key, std::move(row));
    }
    next->rules.push_back(std::move(*state));
  }
  return next;
}

Result<void> State::accept(PreparedRules& next) {
  const CrashSpan span(CrashStep::accept);
  std::unordered_map<std::string_view, RuleState*> here;
  for (const auto& rule : rules_) here.emplace(rule->key, rule.get());
  std::uint32_t last_id = last_id_;
  for (const auto& rule : next.rules) {
    auto known = here.find(rule->key);
    if (known == here.end() && !rule->key_before.empty()) known = here.find(rule->key_before);
    const auto stored = next.stored.find(rule->key);
    StateRow row = rule->row;
    if (known != here.end()) {
      row = known->second->row;
    } else if (stored != next.stored.end()) {
      row = stored->second;
    } else {
      row.id = ++last_id;
    }
    if (auto bound = rule->bind(row); !bound) return bound;
  }
  last_id_ = last_id;
  return {};
}

// The cells of a rule that is put back. Those read ahead may be older than what was drained since.
Result<void> State::find_groups(RuleState& rule, PreparedRules& next) {
  const auto ahead = next.groups.find(rule.row.id);
  const auto drained = drained_.find(rule.row.id);
  const bool stale = drained != drained_.end() && drained->second > next.commit;
  if (ahead != next.groups.end() && !stale) {
    rule.groups = std::move(ahead->second);
    rule.waits = true;
    return {};
  }
  auto groups = read_groups(store_, rule, seed_);
  if (!groups) return tl::unexpected(groups.error());
  rule.groups = std::move(*groups);
  rule.waits = true;
  return {};
}

Result<Committed> State::exchange(PreparedRules& next, const CommitInput& input) {
  const CrashSpan span(CrashStep::exchange);
  std::vector<std::unique_ptr<RuleState>> old = std::move(rules_);
  rules_ = std::move(next.rules);
  next.rules.clear();
  const std::size_t were_in_force = std::exchange(in_force_, rules_.size());
  SweepCursor sweep;
  if (sweep_) sweep.states = sweep_->states;
  std::vector<std::uint32_t> fresh;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    RuleState* const rule = rules_[i].get();
    rule->index = i;
    const std::uint32_t id = rule->row.id;
    const auto known = by_id_.find(id);
    if (known != by_id_.end()) {
      rule->take_over(*known->second);
    } else if (rule->by_pane && next.stored.contains(rule->key)) {
      if (auto found = find_groups(*rule, next); !found) return tl::unexpected(found.error());
      if (auto loaded = load_shape(*rule); !loaded) return tl::unexpected(loaded.error());
    }
    const bool is_new = known == by_id_.end() && !next.stored.contains(rule->key);
    if (next.backfills && is_new && rule->rule->backfills()) fresh.push_back(id);
    by_id_[id] = rule;
    drained_.erase(id);
    if (known == by_id_.end() && rule->swept != rule->row.ladder) rule->edition = 1;
    const bool waits =
        std::find(sweep.states.begin(), sweep.states.end(), id) != sweep.states.end();
    if (rule->swept != rule->row.ladder && !waits) sweep.states.push_back(id);
    put_state_row(*rule);
    if (!rule->key_before.empty()) batch_.erase(std::exchange(rule->key_before, {}));
  }
  for (std::size_t i = 0; i < old.size(); ++i) {
    auto& rule = old[i];
    if (by_id_[rule->row.id] == rule.get()) {
      if (rule->row.left == StreamTime::kUnset) {
        rule->row.left = std::max(watermark_, EventTime{});  // perhaps it judged nothing yet
        put_state_row(*rule);
      }
      if (i < were_in_force) end_levels(*rule);
      forget_match(*rule);
      retire(std::move(rule));
    } else {
      next.rules.push_back(std::move(rule));
    }
  }
  note_in_force();
  growth_->next_step = EventTime::min();
  sweep_.reset();
  if (journal_.pass) journal_.pass->walk_from(0);
  fallback_ = std::move(next.fallback);
  next.limits.hot_bytes = limits_.hot_bytes;
  next.limits.journal_bytes = limits_.journal_bytes;
  next.limits.pane_bytes = limits_.pane_bytes;
  next.limits.ids = limits_.ids;
  limits_ = next.limits;
  tariff_ = std::move(next.tariff);
  add_rows(next.rows);
  order_backfill(std::move(fresh));
  if (auto noted = note_version(); !noted) return tl::unexpected(noted.error());
  auto committed = commit(input);
  // From the next commit on: the stream waits for this one.
  if (!sweep.states.empty()) sweep_ = std::move(sweep);
  return committed;
}

void State::add_rows(const WriteBatch& rows) {
  for (const auto& [key, value] : rows.changes()) {
    if (value) {
      batch_.put(key, *value);
    } else {
      batch_.erase(key);
    }
  }
}

bool State::retired(const RuleState& rule) const {
  return std::none_of(rules_.begin(), rules_.begin() + static_cast<std::ptrdiff_t>(in_force_),
                      [&](const auto& in_force) { return in_force.get() == &rule; });
}

void State::note_in_force() {
  in_force_ids_.clear();
  for (std::size_t i = 0; i < in_force_; ++i) in_force_ids_.insert(rules_[i]->row.id);
}

// Keeps the cells until they are stored, and of the rule only what that needs: the others may hold
// a large configuration.
void State::retire(std::unique_ptr<RuleState> rule) {
  auto of = std::make_shared<Rule>();
  of->name = rule->rule->name;
  of->window = rule->rule->window;
  rule->rule = std::move(of);
  rule->drained = 0;
  drivers_->forget_all(rule->row.id);
  growth_->forget_all(rule->row.id);
  rules_.push_back(std::move(rule));
}

// Groups of panes of rules taken out are stored whole, as store_panes() does and for its reason.
void State::drain_groups() {
  Left left{limits_.spills_per_commit, kBucketsPerCommit};
  for (std::size_t i = in_force_; i < rules_.size(); ++i) {
    RuleState& rule = *rules_[i];
    for (; rule.by_pane && rule.drained < rule.groups.buckets(); ++rule.drained) {
      if (left.changes == 0 || left.looks == 0) return;
      --left.looks;
      rule.groups.in_bucket(rule.drained, [&](PaneEntry& entry) {
        if (!entry.dirty) return;
        store_group(rule, entry);
        left.changes -= left.changes > 0 ? 1 : 0;
      });
    }
  }
}

// The same of calendar windows. A state that is drained is no longer here.
void State::drain_windows() {
  if (in_force_ == rules_.size()) return;
  const CrashSpan span(CrashStep::drain);
  std::size_t left = limits_.spills_per_commit;
  for (std::size_t i = in_force_; i < rules_.size();) {
    RuleState& rule = *rules_[i];
    while (!rule.windows.empty()) {
      WindowTable& table = rule.windows.begin()->second;
      if (table.closing || !store_all(table, left)) return;
      rule.windows.erase(rule.windows.begin());
    }
    if (rule.by_pane && rule.drained < rule.groups.buckets()) return;
    by_id_.erase(rule.row.id);
    drained_[rule.row.id] = commit_;
    discarded_.push_back(std::move(rules_[i]));
    rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(i));
    if (journal_.pass && journal_.pass->rule >= i) journal_.pass->walk_from(i);
  }
}

// A million groups are not freed in one commit.
void State::discard() {
  if (discarded_.empty()) return;
  PaneGroups& groups = discarded_.back()->groups;
  groups.erase_some(kDiscardedPerCommit);
  if (groups.size() == 0) discarded_.pop_back();
}

}  // namespace tocsin
