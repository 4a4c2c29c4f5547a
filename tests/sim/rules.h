// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rule/rule.h"
#include "sim/random.h"
#include "tocsin/decimal.h"
#include "tocsin/metric.h"
#include "window/window_spec.h"

namespace tocsin::sim {

struct RungSpec {
  enum class Kind { share, left, amount };
  Kind kind = Kind::share;
  int128 number = 0;  // share and ratios in 10^-12, else in the metric's unit
  std::string text;   // as written, without blanks
  std::string severity;
};

// A rule as it was drawn: what it means, from which the text that the engine reads is written.
struct RuleSpec {
  std::string name;
  Metric metric = Metric::cost;
  std::string environment;            // `where`; empty: all
  std::vector<std::string> group_by;  // user, model, Feature
  WindowSpec window;
  bool is_budget = true;
  std::optional<int128> budget;
  std::map<std::string, std::optional<int128>> budgets;  // by user, where grouped by user alone
  std::vector<RungSpec> rungs;
  std::int64_t min_requests = 0;
  Millis hold{0};
  std::optional<Millis> keep_firing_for;
  std::size_t max_groups = 1'000'000;

  bool judged() const { return is_ratio(metric) || hold > Millis{0}; }
  bool rolling() const { return window.kind == WindowKind::rolling; }
  // Of a group: rung to its amount; none without a budget.
  std::map<std::string, int128> ladder(const std::string& group) const;
  std::string yaml() const;
};

// A rule set in force, and the engine's reading of it, in the same order; and by which prices.
struct Version {
  std::vector<RuleSpec> specs;
  std::vector<Rule> rules;
  std::size_t prices = 0;  // of kPriceLists
};

std::string yaml_of(const std::vector<RuleSpec>& specs);
// Throws if the engine's reader refuses it.
std::shared_ptr<const Version> read_version(std::vector<RuleSpec> specs, std::size_t prices = 0);

struct RulesPlan {
  std::int64_t from_ms = 0;  // when the traffic begins
  bool small_max_groups = false;
  bool judged = true;
};
std::vector<RuleSpec> draw_rules(Random& random, const RulesPlan& plan);

enum class Edit { ladder, add, remove, rename, put_back };
// Other rules, made of `now` and of those that ever were.
std::vector<RuleSpec> edited(Random& random, const RulesPlan& plan, std::vector<RuleSpec> now,
                             const std::vector<RuleSpec>& ever, Edit edit);

}  // namespace tocsin::sim
