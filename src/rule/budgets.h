// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rule/route.h"
#include "tocsin/decimal.h"
#include "tocsin/time.h"

namespace tocsin {

// What a table says of a group from a time on, until its next spell.
struct BudgetSpell {
  EventTime from = EventTime::min();
  std::optional<int128> budget;           // nothing: none
  std::shared_ptr<const Route> notify{};  // of the row; null: the rule's

  bool same_as(const BudgetSpell& other) const {
    return budget == other.budget && notify == other.notify;
  }
};

// A row of a table while it is read. Bounds are instants: `until` is the first that it no longer
// holds for.
struct BudgetRow {
  EventTime from = EventTime::min();
  EventTime until = EventTime::max();
  std::optional<int128> budget;
  std::shared_ptr<const Route> notify{};

  bool ends() const { return until != EventTime::max(); }
};

// The rows of one group as spells, the first from ever: of rows that hold at once one that ends
// goes before one that does not, else the one that began later; where none holds, `fallback` does.
std::vector<BudgetSpell> spells_of(std::span<const BudgetRow> rows, std::optional<int128> fallback);

// The budgets of a rule, by group key (tocsin/group.h). A group's own row in force, else the plan
// of all groups, else the fallback.
struct Budgets {
  std::optional<int128> fallback;  // `budget`, in the metric's unit
  // Of groups whose one row holds for ever and names no channels; nothing: `none`.
  std::unordered_map<std::string, std::optional<int128>> rows;
  std::unordered_map<std::string, std::vector<BudgetSpell>> changing{};  // of the others
  std::vector<BudgetSpell> plan{};    // a table without columns of groups
  std::vector<EventTime> switches{};  // rising: when some row begins or ends

  std::optional<int128> of(std::string_view group, EventTime at) const;
  // Null: no row of its own is in force that says more than an amount.
  const BudgetSpell* spell(std::string_view group, EventTime at) const;
  // One amount for all groups and times.
  bool uniform() const { return rows.empty() && changing.empty() && plan.empty(); }
  // When the group's amount changes within (from, until), rising.
  std::vector<EventTime> changes(std::string_view group, EventTime from, EventTime until) const;
  // Some group's amount may change within (from, until).
  bool change_within(EventTime from, EventTime until) const;
  // The last switch up to `at`; min: none.
  EventTime last_switch(EventTime at) const;
  void find_switches();

 private:
  const std::vector<BudgetSpell>* spells(std::string_view group) const;
};

}  // namespace tocsin
