// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_test_run.h"

#include <catch2/catch.hpp>

#include "pipeline/engine_fixture.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr EventTime kNine = event_time_ms(1'795'165'200'000);  // 2026-11-20T09:00Z

const std::vector<Rule>& rules() {
  static const std::vector<Rule> all{user_day_rule("daily", 10 * kDollar)};
  return all;
}

RuleTest test_of(std::vector<TestEvent> events, std::vector<Expectation> expect) {
  RuleTest test;
  test.name = "t";
  test.events = std::move(events);
  test.expect = std::move(expect);
  return test;
}

TestEvent dollar_a_minute(std::int64_t times, const std::string& user = "ann") {
  TestEvent event;
  event.at = kNine;
  event.every = Millis{60'000};
  event.times = times;
  event.json = R"("cost_usd":1,"user":")" + user + "\"";
  return event;
}

Expectation rung(const std::string& text, std::optional<EventTime> at = std::nullopt) {
  Expectation expected;
  expected.rule = "daily";
  expected.rung = text;
  expected.at = at;
  return expected;
}

TestOutcome run(const RuleTest& test) {
  auto outcome = run_test(test, rules(), built_in_prices());
  REQUIRE(outcome);
  return std::move(*outcome);
}

}  // namespace

TEST_CASE("A test passes when exactly the expected alerts come") {
  const auto good =
      test_of({dollar_a_minute(8)}, {rung("80%", kNine + Millis{7 * 60'000}), rung("50%")});
  CHECK(run(good).passed());
  const auto silent = test_of({dollar_a_minute(4)}, {});
  CHECK(run(silent).passed());
}

TEST_CASE("A test fails by an alert too few, too many or at another time") {
  const auto few = test_of({dollar_a_minute(4)}, {rung("50%")});
  CHECK_FALSE(run(few).passed());
  const auto many = test_of({dollar_a_minute(8)}, {rung("50%")});
  CHECK_FALSE(run(many).passed());
  const auto other = test_of({dollar_a_minute(5)}, {rung("50%", kNine)});
  CHECK_FALSE(run(other).passed());
}

TEST_CASE("An expectation that says less leaves the alert to one that says more") {
  Expectation ben = rung("50%");
  ben.group = {{"user", "ben"}};
  CHECK(run(test_of({dollar_a_minute(5), dollar_a_minute(5, "ben")}, {rung("50%"), ben})).passed());
}

TEST_CASE("Expected and got stand side by side, with what differs") {
  const auto test = test_of({dollar_a_minute(8)}, {rung("50%"), rung("80%", kNine), rung("100%")});
  CHECK(side_by_side(run(test), rules()) ==
        R"(    expected                            got
  = daily 50%                           daily 50% user=ann at 2026-11-20T09:04:00Z info $5 of $10
  ≠ daily 80% at 2026-11-20T09:00:00Z   daily 80% user=ann at 2026-11-20T09:07:00Z warning $8 of $10   (at)
  ≠ daily 100%                          -   (did not come)
)");
}

TEST_CASE("Events of several entries come in the order of their times") {
  TestEvent late = dollar_a_minute(1);
  late.at = kNine + Millis{90'000};
  late.json = R"("cost_usd":3,"user":"ann")";
  const auto test = test_of({dollar_a_minute(3), late}, {rung("50%", late.at)});
  CHECK(run(test).passed());
}

TEST_CASE("A test whose event cannot be read fails, and says where it stands") {
  TestEvent bad = dollar_a_minute(1);
  bad.json = R"("cost_usd":"$1")";
  bad.origin = {"t.yaml", 7, 9};
  const TestOutcome outcome = run(test_of({bad}, {}));
  CHECK_FALSE(outcome.passed());
  CHECK(outcome.mistakes.at(0) ==
        "t.yaml:7: this event cannot be read (absurd_cost): cost_usd: $1");
}
