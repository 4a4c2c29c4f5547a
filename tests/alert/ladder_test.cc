// SPDX-License-Identifier: Apache-2.0
#include "alert/ladder.h"

#include <catch2/catch.hpp>

#include "alert/sum_cell.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

TEST_CASE("A share of a budget that is no whole picodollar is reached at the next one") {
  Rule rule = user_day_rule("r", 0);
  const Ladder ladder = ladder_for(rule, 3, {0, 1, 2});
  CHECK(ladder.steps[0].reached_at == 2);  // 1.5
  CHECK(ladder.steps[1].reached_at == 3);  // 2.4
  CHECK(ladder.steps[2].reached_at == 3);
}

TEST_CASE("Rungs of what is left stand among the shares by their amount") {
  Rule rule = user_day_rule("r", 0);
  Rung left;
  left.kind = Rung::Kind::left;
  left.number = 10 * kDollar;
  left.text = "$10left";
  rule.ladder.push_back(left);
  const Ladder ladder = ladder_for(rule, 100 * kDollar, {0, 1, 2, 3});
  REQUIRE(ladder.steps.size() == 4);
  CHECK(ladder.steps[2].rung == 3);
  CHECK(ladder.steps[2].amount == 90 * kDollar);
}

TEST_CASE("A group without a budget has no rungs") {
  CHECK(ladder_for(user_day_rule("r", 0), std::nullopt, {0, 1, 2}).steps.empty());
}

TEST_CASE("A rung text keeps its bit, and the 65th is refused") {
  RungBits bits({"80%", "100%"});
  CHECK(*bits.bit("100%") == 1);
  CHECK(*bits.bit("95%") == 2);
  CHECK(*bits.bit("80%") == 0);
  for (int i = 3; i < 64; ++i) REQUIRE(bits.bit(std::to_string(i)));
  CHECK_FALSE(bits.bit("one more"));
  CHECK(*bits.bit("95%") == 2);
}

TEST_CASE("No rung is met below min_requests") {
  const Ladder ladder = ladder_for(user_day_rule("r", 0), 100, {0, 1, 2});
  CHECK(newly_met(ladder, {.total = 80, .requests = 4, .reached = 0}, 5) == 0);
  CHECK(newly_met(ladder, {.total = 80, .requests = 5, .reached = 0}, 5) == 0b011);
  CHECK(newly_met(ladder, {.total = 80, .requests = 5, .reached = 0b001}, 5) == 0b010);
}
