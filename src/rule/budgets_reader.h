// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rule/reader.h"
#include "rule/rule_context.h"

namespace tocsin {

// What a table of budgets belongs to.
struct BudgetsOf {
  const std::vector<Rule::GroupField>& group_by;
  Metric metric;
};

// An amount of the metric, or `none` (an optional without value). Nothing: wrong, and told.
std::optional<std::optional<int128>> read_budget(const Reader& reader, const Node& node,
                                                 Metric metric);

// `budgets`: a map from group to amount, rows, or the name of a CSV file. Fills `budgets.rows`;
// false if wrong, and told.
bool read_budgets(const Reader& reader, const Node& node, const BudgetsOf& of,
                  const RuleContext& context, Budgets& budgets);

}  // namespace tocsin
