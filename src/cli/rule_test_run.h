// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "price/price_list.h"
#include "rule/test_file.h"
#include "tocsin/alert.h"
#include "tocsin/result.h"

namespace tocsin {

// What became of one test.
struct TestOutcome {
  // An expectation beside the alert that came nearest to it; either may be missing.
  struct Pair {
    const Expectation* expected = nullptr;
    std::optional<Alert> got;
    std::vector<std::string_view> differs;  // "at", "value": empty if they agree
    bool good() const { return expected != nullptr && got && differs.empty(); }
  };
  std::vector<Pair> pairs;            // by time
  std::vector<std::string> mistakes;  // of the test itself, as lines for people
  bool passed() const;
};

// Runs the test in memory through the engine's own stages. Views in the outcome point into `test`.
// reject: its rules cannot be kept.
Result<TestOutcome> run_test(const RuleTest& test, const std::vector<Rule>& rules,
                             const PriceList& prices);

// Expected and got side by side, a line each; for a test that failed.
std::string side_by_side(const TestOutcome& outcome, const std::vector<Rule>& rules);

}  // namespace tocsin
