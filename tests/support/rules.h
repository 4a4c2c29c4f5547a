// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rule/rule.h"

namespace tocsin {

struct MatchAll final : Filter {
  bool matches(const EventContext&) const override { return true; }
};

// A budget per day and user in UTC, with the usual rungs; tests change what they are about.
inline Rule user_day_rule(const std::string& name, int128 budget_pico) {
  Rule rule;
  rule.name = name;
  rule.summary = name;
  rule.filter = std::make_shared<MatchAll>();
  rule.group_by = {{"user", {FieldRef::Kind::user, Unit::input, ""}}};
  rule.budgets = Budgets{budget_pico, {}};
  const auto share = [](int percent, Severity severity) {
    Rung rung;
    rung.kind = Rung::Kind::share;
    rung.number = percent * power_of_ten(10);
    rung.text = std::to_string(percent) + "%";
    rung.severity = severity;
    return rung;
  };
  rule.ladder = {share(50, Severity::info), share(80, Severity::warning),
                 share(100, Severity::critical)};
  return rule;
}

}  // namespace tocsin
