// SPDX-License-Identifier: Apache-2.0
#include "pipeline/rehearsal.h"

#include <catch2/catch.hpp>

#include "pipeline/engine_fixture.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

std::string priced_request(std::int64_t ms, const std::string& rest) {
  return R"({"timestamp":)" + std::to_string(ms) + "," + rest + "}";
}

Rule failing() {
  Rule rule = user_day_rule("failing", 0);
  rule.budgets.reset();
  rule.group_by.clear();
  rule.metric = Metric::error_rate;
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{300'000};
  rule.ladder = {rule.ladder[1]};
  rule.ladder[0].kind = Rung::Kind::amount;
  rule.ladder[0].number = power_of_ten(11);
  rule.ladder[0].text = "10%";
  rule.hold = Millis{120'000};
  return rule;
}

}  // namespace

TEST_CASE("A rehearsal tells at which request a rung was reached") {
  const std::vector<Rule> rules{user_day_rule("daily", 10 * kDollar)};
  const auto rehearsal = Rehearsal::open({rules, built_in_prices()});
  REQUIRE(rehearsal);
  for (int i = 0; i < 4; ++i) {
    const auto outcome =
        (*rehearsal)->take(priced_request(kNoon + i * 1000, R"("cost_usd":2,"user":"ann")"));
    REQUIRE(outcome);
    REQUIRE(outcome->alerts.size() == (i < 2 ? 0 : 1));
    if (i < 2) continue;
    CHECK(outcome->alerts[0].alert.rung == (i == 2 ? "50%" : "80%"));
    CHECK(outcome->alerts[0].alert.at == event_time_ms(kNoon + i * 1000));
  }
}

TEST_CASE("A rehearsal says which record could not be read, and goes on") {
  const std::vector<Rule> rules{user_day_rule("daily", 10 * kDollar)};
  const auto rehearsal = Rehearsal::open({rules, built_in_prices()});
  REQUIRE(rehearsal);
  const auto bad = (*rehearsal)->take(priced_request(kNoon, R"("cost_usd":-2)"));
  REQUIRE(bad);
  REQUIRE(bad->set_aside.size() == 1);
  CHECK(bad->set_aside[0].reason == QuarantineReason::negative_cost);
  const auto good = (*rehearsal)->take(priced_request(kNoon, R"("cost_usd":20,"user":"ann")"));
  REQUIRE(good);
  CHECK(good->alerts.size() == 3);
}

TEST_CASE("What must hold for a while is judged when time passes without requests") {
  std::vector<Rule> rules{failing()};
  const auto rehearsal = Rehearsal::open({rules, built_in_prices()});
  REQUIRE(rehearsal);
  for (int i = 0; i < 100; ++i) {
    const auto outcome = (*rehearsal)->take(priced_request(kNoon + i * 100, R"("status":500)"));
    REQUIRE(outcome);
    CHECK(outcome->alerts.empty());
  }
  const auto soon = (*rehearsal)->pass(event_time_ms(kNoon + 110'000));
  REQUIRE(soon);
  CHECK(soon->alerts.empty());
  const auto later = (*rehearsal)->pass(event_time_ms(kNoon + 200'000));
  REQUIRE(later);
  REQUIRE(later->alerts.size() == 1);
  CHECK(later->alerts[0].alert.at - event_time_ms(kNoon) < Millis{140'000});
}
