// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "rule/reader.h"
#include "rule/rule_context.h"

namespace tocsin {

// The rungs of a budget: `alert`. Shares by rising share, then amounts left, the most first.
std::optional<std::vector<Rung>> read_alert(const Reader& reader, const Node& node, Metric metric,
                                            const RuleContext& context);

// {80%: warning, 100%: critical}; `origin` is the budget's.
std::vector<Rung> default_alert(const Origin& origin);

// The rungs of a `threshold`, by rising amount: one amount, or a map from amounts.
std::optional<std::vector<Rung>> read_threshold(const Reader& reader, const Node& node,
                                                Metric metric, const RuleContext& context);

}  // namespace tocsin
