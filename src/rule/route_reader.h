// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/reader.h"
#include "rule/rule_context.h"

namespace tocsin {

// A list of channels that exist. Nothing: wrong, and told.
std::optional<std::vector<std::string>> read_channels(const Reader& reader, const Node& node,
                                                      const RuleContext& context);

// A rule's or a rung's `notify`: a list for every severity, or a map from severity to list.
std::optional<Route> read_route(const Reader& reader, const Node& node, const RuleContext& context);

// "info", "warning" or "critical".
std::optional<Severity> read_severity(const Reader& reader, const Node& node);

}  // namespace tocsin
