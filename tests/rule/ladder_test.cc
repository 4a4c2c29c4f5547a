// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

std::string ladder(const std::string& keys) {
  const auto loaded = load_text(rule_with(keys));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  std::string text;
  for (const auto& rung : loaded.rules[0].ladder) {
    text += (text.empty() ? "" : " ") + rung.text + ":" + std::string(name(rung.severity));
  }
  return text;
}

std::string ladder_errors(const std::string& keys) { return errors_of(rule_with(keys)); }

}  // namespace

TEST_CASE("A budget without alert warns at 80 % and is critical at 100 %") {
  CHECK(ladder("window: day\nbudget: $100") == "80%:warning 100%:critical");
}

TEST_CASE("Rungs are sorted: shares rising, then what is left, falling") {
  CHECK(ladder(
            "window: day\nbudget: $100\nalert: {100%: critical, 50 %: info, $5 left: critical, $20 "
            "left: warning, 80%: warning}") ==
        "50%:info 80%:warning 100%:critical $20left:warning $5left:critical");
  CHECK(ladder("window: day\nthreshold: {$20: critical, $10: warning}") ==
        "$10:warning $20:critical");
  CHECK(ladder("window: day\nmetric: tokens\nbudget: 50M\nalert: {5M left: info}") ==
        "5Mleft:info");
}

TEST_CASE("A threshold alone is a warning") {
  CHECK(ladder("window: last 5m\nmetric: error_rate\nthreshold: 5 %") == "5%:warning");
  CHECK(ladder("window: day\nmetric: requests\nthreshold: 20k") == "20k:warning");
}

TEST_CASE("A rung's amount is its share of the budget, rounded up to a whole unit") {
  Rung rung;
  rung.number = power_of_ten(10) * 80;
  CHECK(rung_amount(rung, 100) == 80);
  CHECK(rung_amount(rung, 101) == 81);
  CHECK(rung_amount(rung, 0) == 0);
  rung.number = power_of_ten(14);
  CHECK(rung_amount(rung, power_of_ten(24)) == power_of_ten(26));
  rung.kind = Rung::Kind::left;
  rung.number = 30;
  CHECK(rung_amount(rung, 100) == 70);
  CHECK(rung_amount(rung, 20) == 0);
  rung.kind = Rung::Kind::amount;
  CHECK(rung_amount(rung, std::nullopt) == 30);
}

TEST_CASE("A rung may have its own route") {
  const auto loaded =
      load_text(rule_with("window: day\nbudget: $100\nalert: {80%: warning, 100%: {severity: "
                          "critical, notify: [alerts, "
                          "oncall]}, 120%: {severity: info, notify: {info: []}}}"));
  REQUIRE(loaded.ok());
  const auto& rungs = loaded.rules[0].ladder;
  CHECK_FALSE(rungs[0].notify.warning);
  CHECK(rungs[1].notify.critical == std::vector<std::string>{"alerts", "oncall"});
  CHECK(rungs[2].notify.info == std::vector<std::string>{});
  CHECK_FALSE(rungs[2].notify.critical);
  CHECK(rungs[1].origin.line == 5);
}

TEST_CASE("Wrong rungs are told where they stand") {
  const std::string budget = "window: day\nbudget: $100\nalert: ";
  CHECK(ladder_errors(budget + "{80%: warn, 100%: critical}") ==
        "5:18: unknown severity \"warn\" | did you mean \"warning\"? Allowed: info, warning, "
        "critical");
  CHECK(ladder_errors(budget + "{80: warning}") ==
        "5:13: \"80\" is no share: it has no % | write a share such as 80%");
  CHECK(
      ladder_errors(budget + "{$80: warning}") ==
      "5:13: \"$80\" is an amount, and rungs of a budget are shares | write 80%, or \"$80 left\"");
  CHECK(ladder_errors(budget + "{50k left: warning}")
            .starts_with("5:13: \"50k\" is not money: it has no $"));
  CHECK(ladder_errors(budget + "{80%: warning, 80 %: critical}") ==
        "5:27: \"80 %\" is the same rung as \"80%\" | keep one of them");
  CHECK(ladder_errors(budget + "{80%: {notify: [alerts]}}") ==
        "5:18: the severity is missing | write {severity: critical, notify: [oncall]}");
  CHECK(ladder_errors(budget + "{80%: {severity: info, chanel: x}}") ==
        "5:35: unknown key \"chanel\" | Allowed: severity, notify");
  CHECK(ladder_errors(budget + "{}").starts_with("5:12: no rung is written here"));
  CHECK(ladder_errors(budget + "80%:warning") == "5:12: a space is missing after 80%:");
  CHECK(ladder_errors("window: day\nthreshold: 100").starts_with("4:16: \"100\" is not money"));
  CHECK(ladder_errors("window: day\nthreshold: $0") ==
        "4:16: a threshold of 0 is always reached | write what is too much");
  CHECK(ladder_errors("window: last 5m\nmetric: error_rate\nthreshold: 0.05") ==
        "5:16: \"0.05\" is no share: it has no % | write a share such as 80%");
}
