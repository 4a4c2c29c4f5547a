// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/explanation.h"
#include "cli/request_tally.h"
#include "cli/terminal.h"

namespace tocsin {

// What the source was found to hold about what is explained.
struct RequestFacts {
  const std::vector<FilterPart>* parts = nullptr;
  const RequestTally* tally = nullptr;
  Scanned scanned;
  std::string not_read;  // why nothing was looked at; empty: something was
  std::string note;      // what else to know about it

  bool any() const { return tally != nullptr && not_read.empty() && scanned.records > 0; }
  // Everything in `window` was seen.
  bool covers(const Window& window) const;
};

// Why it has not rung, or told nobody: sentences, the weightiest first; and what to write instead,
// or nothing. Empty: there is nothing to wonder about.
struct WhyNot {
  std::string heading;             // "Why it has not rung: none of this user's requests match."
  std::vector<std::string> lines;  // evidence
  std::string instead;             // "where: {UserTier: [free, Free]}"
};
WhyNot why_not(const Explanation& of, const RequestFacts& facts);

// For people, in the width and colours of `terminal`.
std::string explanation_text(const Explanation& of, const RequestFacts& facts,
                             const Terminal& terminal);
std::string rule_levels_text(const RuleLevels& of, const Terminal& terminal);

// The same facts for --json, to stand beside the explanation.
std::string requests_json(const RequestFacts& facts, const WhyNot& why);

// "of the last 212,000 requests, since 10:41"; empty if all of `window` was seen.
std::string looked_at(const Scanned& scanned, const Explanation& of);

}  // namespace tocsin
