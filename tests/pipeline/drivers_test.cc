// SPDX-License-Identifier: Apache-2.0
// What drives the sum that an alert is about, from records to the alert.
#include <catch2/catch.hpp>

#include "pipeline/engine_fixture.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kDay = 86'400'000;

// A dollar of gpt-4o ($2.50 a million input tokens).
ScriptedRecord dollar(std::int64_t offset, const std::string& feature, const std::string& user,
                      std::int64_t later = 0) {
  const std::int64_t at = kNoon + later + offset;
  return {{"requests", 0},
          offset,
          at,
          R"({"timestamp":)" + std::to_string(at) +
              R"(,"provider":"openai","model":"gpt-4o","usage":{"input":400000},"user":")" + user +
              R"(","properties":{"Feature":")" + feature + "\"}}"};
}

Rule spend_of_day(int budget) {
  Rule rule = user_day_rule("daily", budget * kDollar);
  rule.group_by.clear();
  return rule;
}

std::string drivers_of(const Alert& alert) {
  std::string text;
  for (const auto& one : alert.drivers) {
    text += (text.empty() ? "" : ", ") + std::string(name(one.field)) + " " + one.value + " " +
            (one.approximate ? "~" : "") + decimal_text(one.amount, 12);
  }
  return text;
}

}  // namespace

TEST_CASE("An alert says what its sum is most of") {
  EngineRun run{{spend_of_day(20)}, &built_in_prices(), 1, 7};
  std::vector<ScriptedRecord> records;
  for (int i = 0; i < 16; ++i) {
    records.push_back(dollar(i, i % 4 == 0 ? "search" : "chat", i % 2 == 0 ? "ann" : "bob"));
  }
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  REQUIRE(teller.alerts.size() == 2);
  const Alert& last = teller.alerts.back();
  CHECK(last.rung == "80%");
  CHECK(drivers_of(last) ==
        "Feature chat 12, Feature search 4, model gpt-4o 16, user ann 8, user bob 8");
}

TEST_CASE("What a rule groups by is not said to drive it") {
  EngineRun run{{user_day_rule("daily", 2 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, {dollar(0, "chat", "ann")}, teller));
  REQUIRE(teller.alerts.size() == 1);
  CHECK(drivers_of(teller.alerts[0]) == "Feature chat 1, model gpt-4o 1");
}

TEST_CASE("Of more groups than ten thousand nothing is kept, and the next window begins anew") {
  EngineRun run{{user_day_rule("daily", 2 * kDollar)}, &built_in_prices(), 1, 60};
  std::vector<ScriptedRecord> records;
  for (int i = 0; i < 10'500; ++i) records.push_back(dollar(i, "chat", "u" + std::to_string(i)));
  records.push_back(dollar(10'500, "chat", "late-comer"));
  // What the first requests of a window say is passed over, for they find the rule turned off:
  // those of some batches.
  for (int i = 0; i < 1'000; ++i) {
    records.push_back(dollar(10'501 + i, "chat", "v" + std::to_string(i), kDay));
  }
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  std::map<std::string, std::string> said;
  for (const Alert& alert : teller.alerts) said[alert.group[0].second] = drivers_of(alert);
  CHECK(said["u0"] == "Feature chat 1, model gpt-4o 1");
  CHECK(said["late-comer"].empty());
  CHECK(said["v0"].empty());
  CHECK(said["v999"] == "Feature chat 1, model gpt-4o 1");
}

TEST_CASE("In a backlog some requests stand for all of them") {
  EngineRun run{{spend_of_day(10'000)}, &built_in_prices(), 1, 10'000};
  std::vector<ScriptedRecord> records;
  for (int i = 0; i < 8'000; ++i) {
    records.push_back(dollar(i, i % 4 == 0 ? "search" : "chat", "u" + std::to_string(i)));
  }
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  REQUIRE(teller.alerts.size() == 2);
  const auto& drivers = teller.alerts.back().drivers;
  REQUIRE(drivers.size() >= 3);
  CHECK(drivers[0].value == "chat");
  CHECK(drivers[0].approximate);
  // Three of four, 6,000 of 8,000: of some 190 requests that tell, within five standard deviations.
  CHECK(drivers[0].amount > 4'500 * kDollar);
  CHECK(drivers[0].amount < 7'300 * kDollar);
}

namespace {

// Of 5 % in five minutes, by provider and model.
Rule error_rate() {
  Rule rule = user_day_rule("errors", 0);
  rule.budgets.reset();
  rule.metric = Metric::error_rate;
  rule.group_by = {{"provider", {FieldRef::Kind::provider, Unit::input, ""}},
                   {"model", {FieldRef::Kind::model, Unit::input, ""}}};
  rule.window.kind = WindowKind::rolling;
  rule.window.length = Millis{300'000};
  rule.min_requests = 20;
  Rung five;
  five.kind = Rung::Kind::amount;
  five.number = 5 * power_of_ten(10);
  five.text = "5%";
  rule.ladder = {five};
  return rule;
}

ScriptedRecord answered(std::int64_t number, const std::string& provider, const std::string& model,
                        int status) {
  const std::int64_t at = kNoon + number * 100;
  return {{"requests", 0},
          number,
          at,
          R"({"timestamp":)" + std::to_string(at) + R"(,"provider":")" + provider +
              R"(","model":")" + model + R"(","status":)" + std::to_string(status) +
              R"(,"usage":{"input":1},"user":"ann"})"};
}

}  // namespace

TEST_CASE("An error rate says with what requests failed, and how the others do") {
  const std::size_t batch = GENERATE(std::size_t{7}, std::size_t{10'000});  // as in a backlog
  EngineRun run{{error_rate()}, &built_in_prices(), 1, batch};
  std::vector<ScriptedRecord> records;
  const auto add = [&](const char* provider, const char* model, int status) {
    records.push_back(answered(std::ssize(records), provider, model, status));
  };
  for (int i = 0; i < 1'000; ++i) {
    add("openai", "gpt-4o", i % 10 == 0 ? (i % 40 == 0 ? 500 : 429) : 200);
    add("openai", "gpt-4o-mini", i % 100 == 0 ? 500 : 200);
    add("azure", "gpt-4o", 200);
    add("mistral", "large", i % 50 == 0 ? 500 : 200);
  }
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  REQUIRE_FALSE(teller.alerts.empty());
  const Alert& alert = teller.alerts.front();
  CHECK(alert.group.front().second == "openai");
  REQUIRE(alert.drivers.size() == 3);
  CHECK(name(alert.drivers[0].field) == "status");
  CHECK(alert.drivers[0].value == "429");
  CHECK(alert.drivers[1].value == "500");
  // They are shares of what is known, which is more than the panes that were judged.
  CHECK(alert.drivers[0].approximate);
  const int128 both = alert.drivers[0].amount + alert.drivers[1].amount;
  CHECK((both <= alert.numerator + 1 && both >= alert.numerator - 1));
  CHECK((alert.drivers[0].amount > alert.drivers[1].amount));
  CHECK(alert.drivers[2].value == "ann");
  REQUIRE(alert.elsewhere.size() == 2);
  CHECK(alert.elsewhere[0].field == "provider");
  CHECK(alert.elsewhere[0].other == "azure");
  CHECK((alert.elsewhere[0].value == 0));
  CHECK(alert.elsewhere[1].field == "model");
  CHECK(alert.elsewhere[1].other == "gpt-4o-mini");
  CHECK((alert.elsewhere[1].value > 0));
}

TEST_CASE("What judged sums are most of is told, too") {
  Rule rule = spend_of_day(20);
  rule.hold = Millis{60'000};
  EngineRun run{{rule}, &built_in_prices(), 1, 7};
  std::vector<ScriptedRecord> records;
  for (int i = 0; i < 400; ++i) {
    records.push_back(dollar(i, i % 4 == 0 ? "search" : "chat", "ann", i * 1'000));
  }
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  REQUIRE_FALSE(teller.alerts.empty());
  REQUIRE_FALSE(teller.alerts.front().drivers.empty());
  CHECK(teller.alerts.front().drivers[0].value == "chat");
}
