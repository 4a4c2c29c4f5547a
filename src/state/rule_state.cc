// SPDX-License-Identifier: Apache-2.0
#include "state/rule_state.h"

#include <algorithm>

#include "tocsin/group.h"

namespace tocsin {
namespace {

bool has_rung(const Rule& rule, Rung::Kind kind) {
  return std::any_of(rule.ladder.begin(), rule.ladder.end(),
                     [&](const Rung& rung) { return rung.kind == kind; });
}

bool judges_absence(const Rule& rule) {
  if (has_rung(rule, Rung::Kind::times_below)) return true;
  return is_sum(rule.metric) && has_rung(rule, Rung::Kind::below);
}

}  // namespace

Result<std::unique_ptr<RuleState>> RuleState::create(std::shared_ptr<const Rule> of,
                                                     std::uint64_t seed,
                                                     std::optional<Millis> lateness) {
  std::unique_ptr<RuleState> state(new RuleState(std::move(of), seed));
  const Rule& rule = *state->rule;
  StateRow& row = state->row;
  row.rule = rule.name;
  row.fingerprint = rule.fingerprint();
  for (const auto& field : rule.group_by) row.group_by.push_back(field.name);
  row.metric = static_cast<std::uint8_t>(rule.metric);
  row.ladder = ladder_text(rule);
  state->key = state_key(row.rule, row.fingerprint);
  if (!rule.renamed_from.empty()) {
    state->key_before = state_key(rule.renamed_from, row.fingerprint);
  }

  state->by_pane = rule.rolling() || rule.judged() || rule.by_session();
  state->lateness = lateness.value_or(default_lateness(rule.window));
  if (rule.by_calendar()) {
    auto calendar = Calendar::create(rule.window);
    if (!calendar) return reject("rule " + rule.name + ": " + calendar.error().message);
    state->calendar = std::move(*calendar);
  }
  state->pane_rule = {.panes = rule.rolling() ? Panes::of(rule.window.length) : Panes::minutes(),
                      .calendar = state->calendar ? &*state->calendar : nullptr,
                      .length = rule.window.length,
                      .judged = rule.judged(),
                      .metric = rule.metric,
                      .min_requests = rule.min_requests,
                      .min_cost = rule.min_cost,
                      .resolve_at = rule.resolve_at,
                      .compare_to = rule.compare_to,
                      .grouped = !rule.group_by.empty(),
                      .judges_absence = judges_absence(rule),
                      .forecasts = has_rung(rule, Rung::Kind::forecast),
                      .hold = rule.hold,
                      .keep_firing_for = rule.keeps_firing_for()};
  // Within an hour nothing is known but that it passes.
  if (state->pane_rule.forecasts && rule.window.kind != WindowKind::hour) {
    auto hours = LocalHours::create(rule.window.zone);
    if (!hours) return reject("rule " + rule.name + ": " + hours.error().message);
    state->shape = std::make_unique<WeekShape>(*hours);
    state->pane_rule.shape = state->shape.get();
  }
  return state;
}

Result<void> RuleState::bind(const StateRow& stored) {
  RungBits rungs(stored.rungs);
  std::vector<unsigned> bits;
  for (const auto& rung : rule->ladder) {
    const auto bit = rungs.bit(rung.text);
    if (!bit) return reject("rule " + rule->name + ": " + bit.error().message);
    bits.push_back(*bit);
  }
  row.id = stored.id;
  row.rungs = rungs.texts();
  row.began = stored.began;
  bits_ = std::move(bits);
  ladder_ = ladder_for(*rule, rule->budgets ? rule->budgets->fallback : std::nullopt, bits_);
  swept = stored.ladder;
  return {};
}

void RuleState::judged_until(EventTime at) {
  if (!by_pane || at == StreamTime::kUnset) return;
  judged_at = at;
  judged_through = pane_rule.panes.at(at) - 1;
}

void RuleState::take_over(RuleState& old) {
  windows = std::move(old.windows);
  groups = std::move(old.groups);
  judged_through = old.judged_through;
  judged_at = old.judged_at;
  if (shape != nullptr && old.shape != nullptr) {
    shape = std::move(old.shape);
    pane_rule.shape = shape.get();
    old.pane_rule.shape = nullptr;
  }
  waits = old.waits;
  forgetting = old.forgetting;
  edition = old.edition;
  swept = old.swept;
  before = old.before;
  match = old.match;
  for (auto& [start, table] : windows) {
    table.changes =
        has_dates() && rule->budgets->change_within(table.window.start, table.window.end);
  }
  if (old.row.ladder == row.ladder) return;
  if (before == nullptr) before = old.rule;
  ++edition;
  // Cells judged by what lay between are not what the stored text says, though it says the same.
  if (swept == row.ladder) swept.clear();
}

std::int64_t RuleState::window_start(std::int64_t at) {
  return has_dates() ? to_ms(calendar->window_at(event_time_ms(at)).start) : at;
}

bool RuleState::has_begun(EventTime at) {
  if (!calendar) return true;
  const Window window = calendar->window_at(at);
  return window.start != window.end;
}

std::vector<EventTime> RuleState::part_ends(const WindowTable& table,
                                            std::string_view group) const {
  if (!table.changes || !has_dates() || group == kOverflowGroup) return {};
  auto ends = rule->budgets->changes(group, table.window.start, table.window.end);
  if (!ends.empty()) ends.push_back(table.window.end);
  return ends;
}

const Ladder& RuleState::ladder_of(std::string_view group, EventTime at) {
  if (group == kOverflowGroup) return none_;
  if (!rule->budgets || rule->budgets->uniform()) return ladder_;
  const auto budget = rule->budgets->of(group, at);
  if (!budget) return none_;
  auto known = by_budget_.find(*budget);
  if (known == by_budget_.end()) {
    known = by_budget_.try_emplace(*budget, ladder_for(*rule, budget, bits_)).first;
  }
  return known->second;
}

// Groups without a budget have nothing to come near to.
void RuleState::offer(std::int64_t start, std::string_view group, int128 value,
                      EventTime at) const {
  if (group == kOverflowGroup) return;
  const auto budget = rule->budgets ? rule->budgets->of(group, at) : std::nullopt;
  if (!rule->budgets || budget) peaks->offer(start, group, value, budget);
}

void RuleState::note_spent(std::string_view group, int128 stood_at, int128 amount,
                           EventTime at) const {
  if (!rule->budgets || group == kOverflowGroup) return;
  if (const auto budget = rule->budgets->of(group, at)) {
    peaks->spent(group, stood_at, stood_at + amount, *budget);
  }
}

std::string RuleState::ladder_text(const Rule& rule) {
  std::string text;
  for (const auto& rung : rule.ladder) {
    text += rung.text + "=" + decimal_text(rung.number, 0) + ";";
  }
  if (!rule.budgets) return text;
  const auto amount = [](std::optional<int128> budget) {
    return budget ? decimal_text(*budget, 0) : std::string("none");
  };
  text += "budget=" + amount(rule.budgets->fallback) + ";";
  std::uint64_t rows = 0;  // order-free
  for (const auto& [group, budget] : rule.budgets->rows) {
    rows += hash64(group + "=" + amount(budget), 0);
  }
  text += "rows=" + std::to_string(rows);
  if (rule.budgets->changing.empty() && rule.budgets->plan.empty()) return text;
  std::uint64_t spells = 0;
  const auto add = [&](const std::string& group, const std::vector<BudgetSpell>& of) {
    for (const auto& spell : of) {
      spells +=
          hash64(group + "=" + amount(spell.budget) + "@" + std::to_string(to_ms(spell.from)), 1);
    }
  };
  for (const auto& [group, of] : rule.budgets->changing) add(group, of);
  add("", rule.budgets->plan);
  return text + ";spells=" + std::to_string(spells);
}

}  // namespace tocsin
