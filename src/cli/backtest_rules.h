// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "price/price_list.h"
#include "rule/config.h"

namespace tocsin {

// Which rules are backtested, and by which configuration.
struct BacktestRules {
  std::string config;              // `--config`; empty: the usual places
  std::vector<std::string> files;  // `--rules`: rule files and folders of them, in place of the
                                   // configuration's; then there need not be one
};

// Rules with what they are run by.
struct RuleSet {
  Config config;
  std::vector<Rule> rules;
  std::shared_ptr<const PriceList> prices;
};

// Here and below, nothing: it is wrong, and told on standard error.
std::optional<RuleSet> load_for_backtest(const BacktestRules& from);

// The configuration alone, where there is one, without any rules; else the defaults.
std::optional<RuleSet> load_without_rules(const std::string& config);

// Another set of rules to compare with: a rule file, a folder of them or a tocsin.yaml. Prices,
// time zone and channels are those of `like` unless it has a tocsin.yaml of its own.
std::optional<RuleSet> load_to_compare(const std::string& path, const RuleSet& like);

// `text` as a rule file of its own, with the rest from `like`.
std::optional<RuleSet> load_text(const std::string& text, const RuleSet& like);

}  // namespace tocsin
