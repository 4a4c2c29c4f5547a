// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "rule/reader.h"
#include "rule/rule_context.h"

namespace tocsin {

// What the rungs of a threshold are amounts of.
struct LadderOf {
  Metric metric = Metric::cost;
  bool compared = false;  // they say how many times as much as before
};

// The rungs of a budget: `alert`. Shares by rising share, then amounts left, the most first.
std::optional<std::vector<Rung>> read_alert(const Reader& reader, const Node& node, Metric metric,
                                            const RuleContext& context);

// {80%: warning, 100%: critical}; `origin` is the budget's.
std::vector<Rung> default_alert(const Origin& origin);

// The rungs of a `threshold`, by rising amount: one amount, or a map from amounts.
std::optional<std::vector<Rung>> read_threshold(const Reader& reader, const Node& node, LadderOf of,
                                                const RuleContext& context);

// The one rung of `first_seen`: `alert` is a severity, or {severity, notify}; null: a warning.
std::optional<Rung> read_first_seen(const Reader& reader, const Node* alert, const Node& rule,
                                    const RuleContext& context);

}  // namespace tocsin
