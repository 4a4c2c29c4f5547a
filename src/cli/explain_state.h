// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/explanation.h"
#include "rule/rule.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin {

// What an explanation is made from. Reads only; any thread.
struct ExplainInput {
  const Snapshot& snapshot;
  const std::vector<Rule>& rules;  // as the engine has them
  const Route& fallback;           // the config's channels by severity
  EventTime now{};
};

struct ExplainQuestion {
  std::string rule;
  GroupValues group;  // names are read without regard to case; some of the rule's fields, or all
};

// reject: there is no such rule, or it is not grouped by such a field; the message names what is
// near. stop: the state is damaged.
Result<Explanation> explain_rule(const ExplainInput& input, const ExplainQuestion& question);
Result<RuleLevels> explain_rules(const ExplainInput& input);

// "user=user-9" as field and value. reject: it has no "=".
Result<GroupValues> parse_group(const std::vector<std::string>& texts);

}  // namespace tocsin
