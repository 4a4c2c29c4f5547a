// SPDX-License-Identifier: Apache-2.0
#include "cli/suggest.h"

#include <catch2/catch.hpp>

#include "cli/backtest_rules.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMidnight = 1'795'132'800'000;  // 2026-11-20

struct Request {
  std::string user, environment, feature;
  std::optional<std::int32_t> status;
};

void add(Figures& figures, int day, int128 dollars, const Request& of = {}) {
  Event event;
  event.user = of.user;
  event.status = of.status;
  event.model = "gpt-4o";
  event.environment = of.environment;
  if (!of.environment.empty()) event.properties.push_back({"Environment", of.environment});
  if (!of.feature.empty()) event.properties.push_back({"Feature", of.feature});
  figures.counted({event, event_time_ms(kMidnight + day * 86'400'000LL), Money::pico(dollars), ""});
}

// What is suggested must be a rule file that we accept.
std::vector<Rule> rules_of(const Figures& figures) {
  const std::string text = suggested_rules(figures, "a file");
  UNSCOPED_INFO(text);
  const auto set = load_text(text, RuleSet{});
  REQUIRE(set);
  return set->rules;
}

const Rule* find(const std::vector<Rule>& rules, const std::string& name) {
  for (const auto& rule : rules) {
    if (rule.name == name) return &rule;
  }
  return nullptr;
}

int128 budget(const std::vector<Rule>& rules, const std::string& name) {
  const Rule* rule = find(rules, name);
  REQUIRE(rule != nullptr);
  REQUIRE(rule->budgets);
  return *rule->budgets->fallback;
}

}  // namespace

TEST_CASE("Five rules are suggested, with a median day and 30% more") {
  Figures figures("UTC");
  for (int day = 0; day < 5; ++day) {
    add(figures, day, (100 + day) * kDollar, {"ann", "production", "chat", 200});
    add(figures, day, 10 * kDollar, {"ben", "staging", "search", 500});
  }
  const auto rules = rules_of(figures);
  CHECK(rules.size() == 5);
  CHECK(budget(rules, "daily") == 150 * kDollar);             // 112 x 1.3, two digits
  CHECK(budget(rules, "production-daily") == 130 * kDollar);  // 102 x 1.3
  CHECK(find(rules, "production-daily")->where_text == "Environment = production");
  CHECK(find(rules, "user-daily")->group_by.size() == 1);
  CHECK(find(rules, "feature-daily")->budgets->rows.size() == 2);
  CHECK(find(rules, "error-rate")->metric == Metric::error_rate);
}

TEST_CASE("One request without user, property or status is enough for some rules") {
  Figures figures("Europe/Berlin");
  add(figures, 0, kDollar / 500);
  const auto rules = rules_of(figures);
  CHECK(budget(rules, "daily") == kDollar * 26 / 10'000);
  CHECK(find(rules, "model-daily") != nullptr);
  CHECK(find(rules, "hourly-burst") != nullptr);
  CHECK(find(rules, "user-daily") == nullptr);
  CHECK(find(rules, "error-rate") == nullptr);
}

TEST_CASE("Requests that cost nothing are counted instead") {
  Figures figures("UTC");
  for (int i = 0; i < 100; ++i) add(figures, 0, 0);
  const auto rules = rules_of(figures);
  CHECK(budget(rules, "requests-daily") == 130);
  CHECK(find(rules, "unpriced-daily") != nullptr);
}

TEST_CASE("Nothing is suggested from nothing") {
  CHECK(suggested_rules(Figures("UTC"), "a file").empty());
}

TEST_CASE("Hostile names and values make no other rule file") {
  Figures figures("UTC");
  for (const char* value : {"a: b, c}", "x\"y\\", "null", "p*", "1,5", "\n- name: evil", "#no"}) {
    add(figures, 0, kDollar, {"ann", value, value, 200});
    add(figures, 0, kDollar, {value, value, value, 200});
  }
  for (const auto& rule : rules_of(figures)) CHECK(rule.name != "evil");
}
