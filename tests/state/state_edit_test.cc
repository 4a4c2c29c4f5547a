// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

const std::vector<std::string> kSomewhere = {"alerts"};

Rule told_rule(const std::string& name, int128 budget) {
  Rule rule = user_day_rule(name, budget);
  rule.notify.info = rule.notify.warning = rule.notify.critical = kSomewhere;
  return rule;
}

Rule rolling_threshold(const std::string& name, int128 amount) {
  Rule rule = told_rule(name, amount);
  rule.budgets.reset();
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(24);
  Rung rung;
  rung.kind = Rung::Kind::amount;
  rung.number = amount;
  rung.text = "high";
  rule.ladder = {rung};
  return rule;
}

}  // namespace

TEST_CASE("A limit raised above what was told is told once, from and to what it was raised") {
  StateFixture engine({told_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}, {0, kNoon, "bob", kDollar}}, kNoon);
  const std::string eighty = engine.told.back().id;
  engine.exchange({told_rule("daily", 100 * kDollar)});
  engine.settle();
  REQUIRE(engine.resolutions.size() == 1);
  const Resolution& raised = engine.resolutions[0];
  CHECK(raised.reason == Resolution::Reason::limit_raised);
  CHECK(raised.limit_before == 10 * kDollar);
  CHECK(raised.alert.budget == 100 * kDollar);
  CHECK(raised.alert.value == 9 * kDollar);
  CHECK(raised.alert.rung == "80%");
  CHECK(raised.alert.id == eighty);
  engine.open();
  engine.settle();
  CHECK(engine.resolutions.size() == 1);
}

TEST_CASE("A limit raised while nobody ran is told without what it was before") {
  StateFixture engine({told_rule("daily", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 9 * kDollar}}, kNoon);
  engine.rules = {told_rule("daily", 100 * kDollar)};
  engine.open();
  engine.settle();
  REQUIRE(engine.resolutions.size() == 1);
  CHECK_FALSE(engine.resolutions[0].limit_before);
}

TEST_CASE("A limit raised below what is spent, or where nobody was told, tells nothing") {
  StateFixture engine({told_rule("daily", 10 * kDollar), user_day_rule("quiet", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 90 * kDollar}, {1, kNoon, "ann", 9 * kDollar}}, kNoon);
  engine.exchange({told_rule("daily", 50 * kDollar), user_day_rule("quiet", 100 * kDollar)});
  engine.settle();
  CHECK(engine.resolutions.empty());
}

TEST_CASE("A threshold raised above a rolling window ends what was told of it") {
  StateFixture engine({rolling_threshold("rolling", 5 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  REQUIRE(engine.told.size() == 1);
  engine.exchange({rolling_threshold("rolling", 20 * kDollar)});
  engine.settle();
  REQUIRE(engine.resolutions.size() == 1);
  CHECK(engine.resolutions[0].reason == Resolution::Reason::limit_raised);
  CHECK(engine.resolutions[0].limit_before == 5 * kDollar);
  CHECK(engine.resolutions[0].alert.amount == 20 * kDollar);
  CHECK(engine.resolutions[0].alert.id == engine.told[0].id);
}

TEST_CASE("A rule that is taken out ends what was told of it") {
  StateFixture engine({rolling_threshold("rolling", 5 * kDollar), told_rule("other", kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  engine.exchange({told_rule("other", kDollar)});
  REQUIRE(engine.resolutions.size() == 1);
  CHECK(engine.resolutions[0].reason == Resolution::Reason::rule_removed);
  CHECK(engine.resolutions[0].alert.id == engine.told[0].id);
}

TEST_CASE("A rule that is taken out ends that once, whatever rules come while it is stored") {
  StateFixture engine({rolling_threshold("rolling", 5 * kDollar), told_rule("other", kDollar)});
  engine.limits.spills_per_commit = 1;
  engine.open();
  engine.feed({{0, kNoon, "ann", 6 * kDollar}, {0, kNoon, "bob", 6 * kDollar}}, kNoon);
  engine.exchange({told_rule("other", kDollar)});
  engine.exchange({told_rule("other", 2 * kDollar)});
  CHECK(engine.resolutions.size() == 2);
}

TEST_CASE("A rule that is renamed goes on with its totals, and tells nothing twice") {
  StateFixture engine({told_rule("old", 10 * kDollar)});
  engine.feed({{0, kNoon, "ann", 6 * kDollar}}, kNoon);
  Rule renamed = told_rule("new", 10 * kDollar);
  renamed.renamed_from = "old";
  SECTION("by a reload") { engine.exchange({renamed}); }
  SECTION("by a start") {
    engine.rules = {renamed};
    engine.open();
  }
  engine.settle();
  engine.feed({{0, kNoon, "ann", 3 * kDollar}}, kNoon);
  CHECK(engine.rungs() == std::vector<std::string>{"50%", "80%"});
  CHECK(engine.totals() == std::map<std::string, int128>{{"new ann 20000", 9 * kDollar}});
  engine.exchange({renamed});  // the key may stay
  engine.open();
  engine.feed({{0, kNoon, "ann", 2 * kDollar}}, kNoon);
  CHECK(engine.totals() == std::map<std::string, int128>{{"new ann 20000", 11 * kDollar}});
  CHECK(engine.rows('S') == 1);
}
