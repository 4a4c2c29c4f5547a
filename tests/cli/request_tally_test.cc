// SPDX-License-Identifier: Apache-2.0
#include "cli/request_tally.h"

#include <catch2/catch.hpp>

#include "cli/explain_text.h"
#include "rule/memory_files.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kTallyNoon = 1'795'262'400'000;  // 2026-11-21T12:00:00Z
const Window kDay{event_time_ms(kTallyNoon - 43'200'000), event_time_ms(kTallyNoon + 43'200'000)};

Loaded rules_with(const std::string& body) {
  auto loaded = load_text(rule_with(body));
  UNSCOPED_INFO(told(loaded.diagnostics, "rules.yaml"));
  REQUIRE(loaded.rules.size() == 1);
  return loaded;
}

// Requests of one part of a scan, one cent each.
class Requests {
 public:
  explicit Requests(TallyVisitor& visitor) : visitor_(visitor) { visitor_.begin_part(); }
  void add(const std::string& id, const std::string& user, std::vector<Property> properties,
           std::int64_t at_ms = kTallyNoon) {
    Event event;
    event.id = id;
    event.user = user;
    event.model = "gpt-4o";
    event.properties = std::move(properties);
    Cost cost;
    cost.basis = CostBasis::computed;
    cost.amount = Money::pico(10'000'000'000);
    visitor_.request({event, partition_, offset_++, event_time_ms(at_ms), cost, {}});
  }
  void end(bool whole = true) { visitor_.end_part(whole); }

 private:
  TallyVisitor& visitor_;
  PartitionName partition_{"requests", 0};
  std::int64_t offset_ = 0;
};

Explanation explanation_of(const Rule& rule) {
  Explanation of;
  of.rule = rule.name;
  of.where = rule.where_text;
  of.origin = "rules.yaml:2";
  of.zone = "UTC";
  of.budgeted = true;
  of.is_one = true;
  of.now = event_time_ms(kTallyNoon);
  of.level.window = kDay;
  of.level.budget = power_of_ten(13);
  of.level.limit = power_of_ten(13);
  of.ladder = {{"80%", 8 * power_of_ten(12), Severity::warning, false, {}, {"alerts"}}};
  return of;
}

WhyNot why(const Explanation& of, const TallyVisitor& visitor) {
  RequestFacts facts;
  facts.parts = &visitor.parts();
  facts.tally = &visitor.tally();
  facts.scanned.records = 1;
  facts.scanned.from_beginning = true;
  return why_not(of, facts);
}

}  // namespace

TEST_CASE("Requests are counted by what they fail first, the rest and the last one beside") {
  const auto loaded = rules_with("where: {Environment: production}\nwindow: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {}, kDay);
  Requests requests(visitor);
  requests.add("a", "user-1", {{"Environment", "production"}}, kTallyNoon - 2);
  requests.add("b", "user-2", {{"environment", "production"}}, kTallyNoon - 1);
  requests.add("c", "user-1", {{"Environment", "staging"}});
  requests.add("d", "user-1", {});
  requests.add("e", "user-1", {{"Environment", "production"}}, kTallyNoon - 86'400'000);
  requests.end();
  const RequestTally& tally = visitor.tally();
  CHECK(tally.requests == 4);
  CHECK(tally.matched == 2);
  CHECK(tally.parts[0].passed == 2);
  CHECK(tally.parts[0].first_failed.of.at("staging") == 1);
  CHECK(tally.parts[0].first_failed.of.at("") == 1);
  REQUIRE(tally.last);
  CHECK(tally.last->id == "b");
  CHECK(tally.cost().text() == "0.02");
  CHECK(tally.last_hour(event_time_ms(kTallyNoon)).text() == "0.02");
  CHECK(tally.last_hour(event_time_ms(kTallyNoon + 7'200'000)).text() == "0");
}

TEST_CASE("A copy of a request is counted once, also over parts of a scan") {
  const auto loaded = rules_with("window: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {}, kDay);
  Requests newer(visitor);
  newer.add("a", "user-1", {});
  newer.add("a", "user-1", {});
  newer.end();
  Requests older(visitor);
  older.add("a", "user-1", {});
  older.add("b", "user-1", {});
  older.end();
  CHECK(visitor.tally().matched == 2);
  CHECK(visitor.tally().duplicates == 2);
}

TEST_CASE("An older part that was not read to its end is left out, for a hole would follow it") {
  const auto loaded = rules_with("window: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {}, kDay);
  Requests newer(visitor);
  newer.add("a", "user-1", {});
  newer.end();
  Requests older(visitor);
  older.add("b", "user-1", {});
  older.end(false);
  CHECK(visitor.tally().matched == 1);
}

TEST_CASE("A value that differs by case alone is why, and what to write instead is said") {
  const auto loaded =
      rules_with("where: {UserTier: free}\ngroup_by: [user]\nwindow: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {{"user", "user-9"}}, kDay);
  Requests requests(visitor);
  for (const auto* id : {"a", "b", "c"}) requests.add(id, "user-9", {{"UserTier", "Free"}});
  requests.add("d", "user-1", {{"UserTier", "free"}});
  requests.end();
  Explanation of = explanation_of(loaded.rules[0]);
  of.group = {{"user", "user-9"}};
  const WhyNot not_rung = why(of, visitor);
  CHECK(not_rung.heading == "Why it has not rung: none of this user's requests match.");
  REQUIRE_FALSE(not_rung.lines.empty());
  CHECK(not_rung.lines[0] ==
        "UserTier = free  0 of 3 requests today; 3 have UserTier = \"Free\". Values are compared "
        "exactly.");
  CHECK(not_rung.instead == "where: {UserTier: [free, Free]}");
}

TEST_CASE("A property that no request has is told with the one that was meant") {
  const auto loaded = rules_with("where: {Enviroment: production}\nwindow: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {}, kDay);
  Requests requests(visitor);
  requests.add("a", "user-1", {{"Environment", "production"}});
  requests.add("b", "user-1", {{"Environment", "staging"}});
  requests.end();
  const WhyNot not_rung = why(explanation_of(loaded.rules[0]), visitor);
  CHECK(not_rung.heading == "Why it has not rung: none of the 2 requests today match.");
  REQUIRE_FALSE(not_rung.lines.empty());
  CHECK(not_rung.lines[0] ==
        "Enviroment = production  0 of 2 requests today; none has the property \"Enviroment\": 2 "
        "have \"Environment\".");
  CHECK(not_rung.instead == "where: {Environment: production}");
}

TEST_CASE("A group that is spelled otherwise in the requests is told") {
  const auto loaded = rules_with("group_by: [user]\nwindow: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {{"user", "User-1"}}, kDay);
  Requests requests(visitor);
  requests.add("a", "user-1", {});
  requests.end();
  Explanation of = explanation_of(loaded.rules[0]);
  of.group = {{"user", "User-1"}};
  const WhyNot not_rung = why(of, visitor);
  CHECK(not_rung.heading == "Why it has not rung: there is no request with user = User-1 today.");
  REQUIRE_FALSE(not_rung.lines.empty());
  CHECK(not_rung.lines[0] == "1 request has \"user-1\". Values are compared exactly.");
}

TEST_CASE("What holds a rung back is said: too few requests, too little time, too low an amount") {
  const auto loaded = rules_with("window: day\nbudget: $10");
  TallyVisitor visitor(loaded.rules[0], {}, kDay);
  Explanation of = explanation_of(loaded.rules[0]);
  of.counted = true;
  of.level.value = 5 * power_of_ten(12);
  of.level.requests = 12;
  const auto heading = [&] { return why_not(of, {}).heading; };
  CHECK(heading() == "Why it has not rung: $5.00 is below its first rung, 80% at $8.00.");
  of.min_requests = 20;
  CHECK(heading() == "Why it has not rung: 12 of the 20 requests that min_requests asks for.");
  of.min_requests = 0;
  of.hold = Millis{120'000};
  of.ladder[0].holds_since = event_time_ms(kTallyNoon - 60'000);
  CHECK(heading() == "Why it has not rung: 80% holds since 11:59, and must hold for 2 min.");
  of.level.budget.reset();
  CHECK(heading() == "Why it has not rung: it has no budget.");
}

TEST_CASE("A rule whose route is empty is said to tell nobody, whether it rang or not") {
  const auto loaded = rules_with("window: day\nbudget: $10");
  Explanation of = explanation_of(loaded.rules[0]);
  of.counted = true;
  of.ladder[0].channels.clear();
  of.level.rung = "80%";
  CHECK(why_not(of, {}).heading == "It tells nobody: notify is [], so alerts are recorded only.");
}
