// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "document/document.h"
#include "rule/rule.h"
#include "rule/rule_context.h"

namespace tocsin {

// The rules of one file.
// A rule that is only written.
struct DisabledRule {
  std::string name;
  Origin origin;
};

struct RuleFile {
  std::vector<Rule> rules;             // the good ones, in order, but for disabled ones
  std::size_t written = 0;             // items of `rules`, whatever they are
  std::vector<DisabledRule> disabled;  // `enabled: false`
};

RuleFile read_rule_file(const Document& document, const RuleContext& context,
                        Diagnostics& diagnostics);

}  // namespace tocsin
