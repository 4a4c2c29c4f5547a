// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "state/keys.h"
#include "state_fixture.h"
#include "support/dollar.h"

using namespace tocsin;

namespace {

constexpr Millis kADay{kDay};

// The first rule is matched by what is fed, the second by nothing unless it is said.
struct Matching : StateFixture {
  Matching() : StateFixture({user_day_rule("busy", kDollar), user_day_rule("quiet", kDollar)}) {}

  // So many requests come, the last at `now_ms`.
  void come(std::uint64_t requests, std::int64_t now_ms, bool quiet_too = false) {
    Counts counts;
    counts[Count::events] = requests;
    const Work work{{}, {}, {}, &counts};
    take(state->commit({.work = std::span(&work, 1)}));
    std::vector<Event> events{{0, now_ms, "ann", 1}};
    if (quiet_too) events.push_back({1, now_ms, "ann", 1});
    feed(events, now_ms);
  }
  // "quiet 24 h of 30" of all that match nothing for a day.
  std::vector<std::string> unmatched() const {
    std::vector<std::string> all;
    for (const auto& each : state->unmatched(kADay)) {
      all.push_back(each.rule->name + " " + std::to_string(each.for_long.count() / kHour) +
                    " h of " + std::to_string(each.requests) + (each.told ? ", told" : ""));
    }
    return all;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("A rule that no request matches is known, with how many came since it is in force") {
  Matching matching;
  matching.come(5, kNoon);
  matching.come(20, kNoon + kHour);
  matching.come(9, kNoon + kDay - 1);
  CHECK(matching.unmatched().empty());
  matching.come(1, kNoon + kDay);
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 30"});
  matching.open();
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 30"});
  matching.come(1, kNoon + 2 * kDay);
  CHECK(matching.unmatched() == Texts{"quiet 48 h of 31"});
}

TEST_CASE("A day without a match begins with the hour after the last one, also in a new process") {
  Matching matching;
  matching.come(5, kNoon);
  matching.come(5, kNoon + 10 * kHour + kMinute, true);
  const bool restarted = GENERATE(false, true);
  if (restarted) matching.open();
  matching.come(5, kNoon + 10 * kHour + 2 * kMinute);
  matching.come(5, kNoon + 11 * kHour + 3 * kMinute);
  matching.come(7, kNoon + 34 * kHour + 30 * kMinute);
  CHECK(matching.unmatched().empty());
  matching.come(8, kNoon + 35 * kHour + 3 * kMinute);
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 15"});
}

TEST_CASE("What was told of a rule that matches nothing is kept until it matches") {
  Matching matching;
  matching.come(5, kNoon);
  matching.come(5, kNoon + kDay);
  matching.state->tell_unmatched(*matching.state->rule("quiet"));
  matching.come(5, kNoon + kDay + kHour);
  matching.open();
  CHECK(matching.unmatched() == Texts{"quiet 25 h of 10, told"});
  matching.come(1, kNoon + kDay + 2 * kHour, true);
  CHECK(matching.unmatched().empty());
  matching.come(1, kNoon + kDay + 3 * kHour);
  matching.come(1, kNoon + 2 * kDay + 3 * kHour);
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 1"});
}

TEST_CASE("A rule that is edited, or was taken out, begins anew to match nothing") {
  Matching matching;
  matching.come(5, kNoon);
  matching.come(5, kNoon + 23 * kHour);
  std::vector<Rule> rules = matching.rules;
  SECTION("edited") { rules[1].metric = Metric::requests; }
  SECTION("taken out and put back") {
    matching.exchange({rules[0]});
    matching.settle();
    CHECK(matching.rows(key::kMatch) == 1);
  }
  SECTION("gone over a restart") {
    matching.rules = {rules[0]};
    matching.open();
    matching.come(0, kNoon + 23 * kHour);
    CHECK(matching.rows(key::kMatch) == 1);
  }
  matching.exchange(rules);
  matching.come(5, kNoon + 24 * kHour);
  matching.come(5, kNoon + 46 * kHour);
  CHECK(matching.unmatched().empty());
  matching.come(5, kNoon + 48 * kHour);
  CHECK(matching.unmatched().size() == 1);
}

TEST_CASE("Another ladder or budget is the same rule that matches nothing") {
  Matching matching;
  matching.come(5, kNoon);
  std::vector<Rule> rules = matching.rules;
  rules[1].budgets = Budgets{5 * kDollar, {}};
  matching.exchange(rules);
  matching.come(5, kNoon + kDay);
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 5"});
}

TEST_CASE("Both parts of a rule are one that matches nothing") {
  Matching matching;
  std::vector<Rule> rules = matching.rules;
  Rung forecast = rules[1].ladder.back();
  forecast.kind = Rung::Kind::forecast;
  forecast.text = "forecast100%";
  rules[1].ladder.push_back(forecast);
  std::vector<Rule> parts{rules[0]};
  for (Rule& part : parts_of(rules[1])) parts.push_back(std::move(part));
  REQUIRE(parts.size() == 3);
  matching.exchange(parts);
  matching.come(5, kNoon);
  matching.come(5, kNoon + kDay);
  CHECK(matching.unmatched() == Texts{"quiet 24 h of 5"});
}

TEST_CASE("A lifetime that has not begun is not said to match nothing") {
  Matching matching;
  std::vector<Rule> rules = matching.rules;
  rules[1].window.kind = WindowKind::lifetime;
  const std::chrono::sys_days begins{std::chrono::days{(kNoon + 3 * kDay) / kDay}};
  rules[1].window.from = std::chrono::year_month_day{begins};
  matching.exchange(rules);
  for (std::int64_t hour = 0; hour <= 72; ++hour) matching.come(2, kNoon + hour * kHour);
  CHECK(matching.unmatched().empty());
  for (std::int64_t hour = 73; hour <= 90; ++hour) matching.come(2, kNoon + hour * kHour);
  CHECK(matching.unmatched() == Texts{"quiet 30 h of 60"});
}

TEST_CASE("A row of what a rule matches that cannot be read stops the start") {
  MatchRow row{event_time_ms(kNoon), 7, true, true};
  MatchRow read;
  REQUIRE(decode_match(encode_match(row), read));
  CHECK(read.since == row.since);
  CHECK(read.requests == 7);
  CHECK((read.matching && read.told));
  CHECK_FALSE(decode_match(encode_match(row) + "x", read));
  CHECK_FALSE(decode_match("", read));
}
