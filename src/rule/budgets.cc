// SPDX-License-Identifier: Apache-2.0
#include "rule/budgets.h"

#include <algorithm>

namespace tocsin {
namespace {

const BudgetRow* in_force(std::span<const BudgetRow> rows, EventTime at) {
  const BudgetRow* best = nullptr;
  for (const BudgetRow& row : rows) {
    if (at < row.from || at >= row.until) continue;
    const bool better =
        best == nullptr || (row.ends() != best->ends() ? row.ends() : row.from > best->from);
    if (better) best = &row;
  }
  return best;
}

const BudgetSpell& spell_at(const std::vector<BudgetSpell>& spells, EventTime at) {
  const auto after =
      std::upper_bound(spells.begin() + 1, spells.end(), at,
                       [](EventTime time, const BudgetSpell& spell) { return time < spell.from; });
  return *(after - 1);
}

}  // namespace

std::vector<BudgetSpell> spells_of(std::span<const BudgetRow> rows,
                                   std::optional<int128> fallback) {
  std::vector<EventTime> bounds{EventTime::min()};
  for (const BudgetRow& row : rows) {
    bounds.push_back(row.from);
    if (row.ends()) bounds.push_back(row.until);
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  std::vector<BudgetSpell> spells;
  for (const EventTime from : bounds) {
    const BudgetRow* row = in_force(rows, from);
    BudgetSpell spell{from, fallback};
    if (row != nullptr) {
      spell.budget = row->budget;
      spell.notify = row->notify;
    }
    if (spells.empty() || !spells.back().same_as(spell)) spells.push_back(std::move(spell));
  }
  return spells;
}

const std::vector<BudgetSpell>* Budgets::spells(std::string_view group) const {
  if (!changing.empty()) {
    if (const auto own = changing.find(std::string(group)); own != changing.end()) {
      return &own->second;
    }
  }
  return plan.empty() ? nullptr : &plan;
}

std::optional<int128> Budgets::of(std::string_view group, EventTime at) const {
  if (const BudgetSpell* own = spell(group, at)) return own->budget;
  if (!rows.empty()) {
    if (const auto row = rows.find(std::string(group)); row != rows.end()) return row->second;
  }
  return fallback;
}

const BudgetSpell* Budgets::spell(std::string_view group, EventTime at) const {
  const auto* of_group = spells(group);
  return of_group == nullptr ? nullptr : &spell_at(*of_group, at);
}

std::vector<EventTime> Budgets::changes(std::string_view group, EventTime from,
                                        EventTime until) const {
  std::vector<EventTime> times;
  const auto* of_group = spells(group);
  for (std::size_t i = 1; of_group != nullptr && i < of_group->size(); ++i) {
    const BudgetSpell& spell = (*of_group)[i];
    if (spell.from <= from || spell.from >= until) continue;
    if (spell.budget != (*of_group)[i - 1].budget) times.push_back(spell.from);
  }
  return times;
}

bool Budgets::change_within(EventTime from, EventTime until) const {
  const auto next = std::upper_bound(switches.begin(), switches.end(), from);
  return next != switches.end() && *next < until;
}

EventTime Budgets::last_switch(EventTime at) const {
  const auto next = std::upper_bound(switches.begin(), switches.end(), at);
  return next == switches.begin() ? EventTime::min() : *(next - 1);
}

void Budgets::find_switches() {
  switches.clear();
  const auto add = [&](const std::vector<BudgetSpell>& spells) {
    for (const BudgetSpell& spell : spells) {
      if (spell.from != EventTime::min()) switches.push_back(spell.from);
    }
  };
  for (const auto& [group, spells] : changing) add(spells);
  add(plan);
  std::sort(switches.begin(), switches.end());
  switches.erase(std::unique(switches.begin(), switches.end()), switches.end());
}

}  // namespace tocsin
