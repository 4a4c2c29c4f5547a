// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "rule/reader.h"
#include "rule/rule_context.h"

namespace tocsin {

// What a table of budgets belongs to.
struct BudgetsOf {
  const std::vector<Rule::GroupField>& group_by;
  Metric metric;
  std::string zone = "UTC";  // of its dates
};

// An amount of the metric, or `none` (an optional without value). Nothing: wrong, and told.
std::optional<std::optional<int128>> read_budget(const Reader& reader, const Node& node,
                                                 Metric metric);

// `budgets`: a map from group to amount, rows, or the name of a CSV or YAML file of them. Fills all
// of `budgets` but the fallback, which must be there; false if wrong, and told.
bool read_budgets(const Reader& reader, const Node& node, const BudgetsOf& of,
                  const RuleContext& context, Budgets& budgets);

}  // namespace tocsin
