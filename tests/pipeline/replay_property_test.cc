// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include "pipeline/engine_fixture.h"
#include "state/keys.h"
#include "support/dollar.h"
#include "support/faulty_store.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kReplayMinute = 60'000;

std::vector<Rule> rules() {
  Rule day = user_day_rule("user-day", kDollar);
  Rule hour = user_day_rule("all-hour", 3 * kDollar);
  hour.group_by.clear();
  hour.window.kind = WindowKind::hour;
  Rule rolling = user_day_rule("user-rolling", kDollar / 4);
  rolling.window.kind = WindowKind::rolling;
  rolling.window.length = std::chrono::minutes(30);
  Rule errors = user_day_rule("errors", 0);
  errors.budgets.reset();
  errors.metric = Metric::error_rate;
  errors.window = rolling.window;
  errors.window.length = std::chrono::minutes(10);
  errors.min_requests = 3;
  errors.hold = std::chrono::minutes(1);
  for (auto& rung : errors.ladder) rung.kind = Rung::Kind::amount;
  return {day, hour, rolling, errors};
}

Rule threshold(std::string name, Metric metric, Millis last, Rung::Kind kind, int128 amount) {
  Rule rule = user_day_rule(std::move(name), 0);
  rule.budgets.reset();
  rule.metric = metric;
  rule.window.kind = WindowKind::rolling;
  rule.window.length = last;
  rule.ladder.resize(1);
  rule.ladder[0].kind = kind;
  rule.ladder[0].number = amount;
  rule.min_requests = is_sum(metric) ? 0 : 3;
  return rule;
}

// What time decides, and sessions.
std::vector<Rule> judged_rules() {
  constexpr Millis kTenMinutes = std::chrono::minutes(10);
  Rule slow = threshold("slow", Metric::latency_p90, kTenMinutes, Rung::Kind::amount, 900'000);
  slow.min_cost = kDollar / 20;
  Rule dear =
      threshold("dear", Metric::cost_per_user, kTenMinutes * 3, Rung::Kind::amount, kDollar / 3);
  dear.group_by.clear();
  Rule misses = threshold("misses", Metric::cache_hit_rate, kTenMinutes, Rung::Kind::below,
                          power_of_ten(12) / 5);
  misses.resolve_at = power_of_ten(12) / 3;
  Rule few = threshold("few", Metric::requests, kTenMinutes, Rung::Kind::below, 5);
  Rule twice =
      threshold("twice", Metric::cost, kTenMinutes, Rung::Kind::times, 2 * power_of_ten(12));
  twice.compare_to = std::chrono::hours(1);
  Rule hour = user_day_rule("hour", kDollar);
  hour.window.kind = WindowKind::hour;
  Rung forecast = hour.ladder[0];
  forecast.kind = Rung::Kind::forecast;
  forecast.number = power_of_ten(12);
  forecast.text = "forecast100%";
  hour.ladder.push_back(forecast);
  Rule session = user_day_rule("session", kDollar / 4);
  session.group_by.push_back({"session", field_ref("session")});
  session.window.kind = WindowKind::session;
  session.window.length = kTenMinutes;
  std::vector<Rule> all{slow, dear, misses, few, twice, session};
  for (Rule& part : parts_of(hour)) all.push_back(std::move(part));
  return all;
}

// Forecasts, by a straight line and, as weeks go by, by their shape.
std::vector<Rule> forecast_rules() {
  std::vector<Rule> all;
  const auto add = [&](std::string name, WindowKind kind, bool grouped, int128 budget) {
    Rule rule = user_day_rule(std::move(name), budget);
    rule.window.kind = kind;
    rule.window.zone = "Europe/Berlin";
    if (!grouped) rule.group_by.clear();
    for (Rung& rung : rule.ladder) {
      rung.kind = Rung::Kind::forecast;
      rung.text = "forecast" + rung.text;
    }
    all.push_back(std::move(rule));
  };
  add("week", WindowKind::week, true, 5 * kDollar);
  add("day", WindowKind::day, false, 4 * kDollar);
  add("month", WindowKind::month, false, 80 * kDollar);
  return all;
}

std::vector<PartitionName> partitions() {
  return {{"requests", 0}, {"requests", 1}, {"requests", 2}};
}

// Three hours of requests on three partitions: disorder, late ones, stamps of 2099, duplicates,
// broken records.
std::vector<std::vector<ScriptedRecord>> traffic(std::mt19937& random) {
  const auto pick = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  std::vector<std::vector<ScriptedRecord>> all;
  for (const auto& partition : partitions()) {
    std::vector<ScriptedRecord> records;
    for (int i = 0; i < 150; ++i) {
      const std::int64_t stamp = kNoon + i * (180 * kReplayMinute / 150) + pick(1000);
      std::int64_t time = stamp - pick(90'000);
      if (pick(20) == 0) time -= 4 * 60 * kReplayMinute;
      if (pick(40) == 0) time = 4'070'908'800'000;
      std::string value =
          R"({"id":")" + std::to_string(partition.partition) + "-" + std::to_string(i) +
          R"(","timestamp":)" + std::to_string(time) +
          R"(,"provider":"openai","model":"gpt-4o","status":)" + (pick(4) == 0 ? "500" : "200") +
          R"(,"usage":{"input":)" + std::to_string(pick(40'000)) + R"(},"user":"u)" +
          std::to_string(pick(4)) + R"(","latency_ms":)" +
          std::to_string(200 + pick(i / 20 % 2 == 0 ? 500 : 1'200)) + R"(,"cached":)" +
          (pick(4) == 0 ? "true" : "false") + R"(,"session":{"id":"s)" +
          std::to_string(partition.partition) + "-" + std::to_string(i / 30) + R"("}})";
      if (pick(30) == 0) value = "{broken";
      if (pick(15) == 0 && i > 3) value = records[static_cast<std::size_t>(i - 1 - pick(3))].value;
      const std::int64_t record_time = pick(50) == 0 ? 4'070'908'800'000 : stamp;
      records.push_back({partition, i, record_time, value});
    }
    all.push_back(std::move(records));
  }
  return all;
}

// Seven weeks, most of it in the hours of an office, with some that come late or from 2099.
std::vector<std::vector<ScriptedRecord>> weeks_of_traffic(std::mt19937& random) {
  constexpr std::int64_t kReplayDay = 24 * 60 * kReplayMinute;
  const auto pick = [&](int below) {
    return static_cast<int>(random() % static_cast<unsigned>(below));
  };
  std::vector<std::vector<ScriptedRecord>> all;
  for (const auto& partition : partitions()) {
    std::vector<ScriptedRecord> records;
    for (int i = 0; i < 49 * 24; ++i) {
      const std::int64_t day = i / 24;
      if (day % 7 >= 5 && pick(6) != 0) continue;
      const std::int64_t stamp = kNoon + day * kReplayDay + i % 24 * 20 * kReplayMinute;
      std::int64_t time = stamp - pick(90'000);
      if (pick(20) == 0) time -= pick(30) * 60 * kReplayMinute;
      if (pick(100) == 0) time = 4'070'908'800'000 - pick(40) * kReplayDay;
      const auto offset = static_cast<std::int64_t>(records.size());
      const int most = (day / 7) % 3 == 2 ? 80'000 : 40'000;
      records.push_back({partition, offset, stamp,
                         R"({"id":")" + std::to_string(partition.partition) + "-" +
                             std::to_string(i) + R"(","timestamp":)" + std::to_string(time) +
                             R"(,"provider":"openai","model":"gpt-4o","usage":{"input":)" +
                             std::to_string(pick(most)) + R"(},"user":"u)" +
                             std::to_string(pick(4)) + R"("})"});
    }
    all.push_back(std::move(records));
  }
  return all;
}

// Some order that keeps each partition's own.
std::vector<ScriptedRecord> interleave(const std::vector<std::vector<ScriptedRecord>>& partitions,
                                       std::mt19937& random) {
  std::vector<ScriptedRecord> merged;
  std::vector<std::size_t> at(partitions.size(), 0);
  std::size_t left = 0;
  for (const auto& partition : partitions) left += partition.size();
  while (left > 0) {
    const std::size_t p = random() % partitions.size();
    for (auto burst = random() % 40; burst > 0 && at[p] < partitions[p].size(); --burst) {
      merged.push_back(partitions[p][at[p]++]);
      --left;
    }
  }
  return merged;
}

}  // namespace

TEST_CASE("Which alerts there are depends on records and rules alone") {
  const unsigned seed = GENERATE(range(1u, 15u));
  const bool weeks = seed > 12;
  const auto of = weeks ? forecast_rules : seed % 3 == 0 ? judged_rules : rules;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto records = weeks ? weeks_of_traffic(random) : traffic(random);
  EngineRun reference{of(), &built_in_prices(), 1, 10'000};
  MemoryStore store;
  RecordingTeller expected;
  REQUIRE(reference.run(store, partitions(), interleave(records, random), expected));
  REQUIRE(expected.alerts.size() == expected.ids().size());
  REQUIRE(expected.alerts.size() > 20);
  const auto by_shape = [](const RecordingTeller& teller) {
    return std::count_if(teller.alerts.begin(), teller.alerts.end(),
                         [](const Alert& alert) { return alert.shape.has_value(); });
  };
  CHECK((by_shape(expected) > 10) == weeks);

  SECTION("not on batches, workers or memory") {
    for (const std::size_t batch : {1u, 7u, 10'000u}) {
      for (const unsigned workers : {1u, 2u, 4u}) {
        CAPTURE(batch, workers);
        EngineRun run{of(), &built_in_prices(), workers, batch};
        if (workers == 2) run.limits = EngineRun::tight();
        MemoryStore own;
        RecordingTeller teller;
        REQUIRE(run.run(own, partitions(), interleave(records, random), teller));
        CHECK(teller.ids() == expected.ids());
        CHECK(teller.alerts.size() == expected.alerts.size());
        CHECK(by_shape(teller) == by_shape(expected));
      }
    }
  }
  SECTION("not on restarts, wherever a write fails") {
    EngineRun run{of(), &built_in_prices(), 2, 7};
    if (seed % 2 == 0) run.limits = EngineRun::tight();
    MemoryStore own;
    FaultyStore faulty(own);
    RecordingTeller teller;
    const auto order = interleave(records, random);
    int restarts = 0;
    for (;; ++restarts) {
      REQUIRE(restarts < 100);
      faulty.repair();
      if (restarts < 8) {
        faulty.fail_write(1 + random() % 3, restarts % 2 == 0 ? FaultyStore::Fault::applied
                                                              : FaultyStore::Fault::not_applied);
      }
      if (run.run(faulty, partitions(), order, teller)) break;
    }
    CHECK(restarts > 0);
    // What a failed commit had recorded all the same is in the store, not in what was told.
    std::set<std::string> recorded;
    const auto snapshot = own.snapshot();
    const auto all_rules = of();
    REQUIRE(StateView(*snapshot, all_rules).alerts([&](const Alert& alert) {
      CHECK(recorded.insert(alert.id).second);
      return true;
    }));
    CHECK(recorded == expected.ids());
  }
}

TEST_CASE("A copy by another partition counts once, however far that one is read ahead") {
  std::vector<std::vector<ScriptedRecord>> records(2);
  for (int i = 0; i < 300; ++i) {
    for (std::size_t p = 0; p < records.size(); ++p) {
      const std::int64_t stamp = kNoon + i * kReplayMinute + static_cast<std::int64_t>(p) * 20'000;
      const std::string own = i % 3 == 0 ? "" : std::to_string(p);
      records[p].push_back({partitions()[p], i, stamp,
                            R"({"id":")" + own + "-" + std::to_string(i) + R"(","timestamp":)" +
                                std::to_string(kNoon + i * kReplayMinute) +
                                R"(,"provider":"openai","model":"gpt-4o","user":"ann",)" +
                                R"("usage":{"input":40000}})"});
    }
  }
  const std::size_t ahead = GENERATE(0U, 1U);
  std::vector<ScriptedRecord> order = records[ahead];
  order.insert(order.end(), records[1 - ahead].begin(), records[1 - ahead].end());
  const auto batch = GENERATE(as<std::size_t>{}, 1, 10'000);
  EngineRun run{rules(), &built_in_prices(), 1, batch, {}, EngineRun::tight()};
  run.limits.ids.newest = run.limits.ids.generation = 16;  // the others are in the store, or gone
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {partitions()[0], partitions()[1]}, order, teller));
  Counts counts;
  const auto row = store.get(key::meta("counts"));
  REQUIRE((row && *row && counts.decode(**row)));
  CHECK(counts[Count::events] == 500);
  CHECK(counts[Count::duplicates] == 100);
}

TEST_CASE("A late request makes no group new, whatever the batches") {
  Rule rule = user_day_rule("newcomers", 1);
  rule.metric = Metric::first_seen;
  rule.window.kind = WindowKind::lifetime;
  rule.budgets.reset();
  rule.ladder.resize(1);
  rule.ladder[0].kind = Rung::Kind::amount;
  rule.ladder[0].number = 1;
  std::vector<ScriptedRecord> records;
  const auto come = [&](std::int64_t minute, std::int64_t stamped, const std::string& user) {
    records.push_back({partitions()[0], static_cast<std::int64_t>(records.size()),
                       kNoon + minute * kReplayMinute,
                       R"({"timestamp":)" + std::to_string(kNoon + stamped * kReplayMinute) +
                           R"(,"provider":"openai","model":"gpt-4o","usage":{"input":1},"user":")" +
                           user + R"("})"});
  };
  for (std::int64_t minute = 0; minute < 30 * 60; minute += 10) {
    come(minute, minute, "ann");
    if (minute == 60) come(minute, minute - 60 * 60, "ann");
    if (minute == 120) come(minute, minute - 20 * 60, "bob");
    if (minute == 26 * 60) come(minute, minute - 20 * 60, "eve");
  }
  const auto batch = GENERATE(as<std::size_t>{}, 1, 10, 10'000);
  const EngineRun run{{rule}, &built_in_prices(), 1, batch, {}, {}};
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {partitions()[0]}, records, teller));
  REQUIRE(teller.alerts.size() == 1);
  CHECK(teller.alerts[0].group.front().second == "eve");
}

TEST_CASE("One event stamped 2099 changes no other result") {
  std::mt19937 random(5);
  auto records = traffic(random);
  const auto order = interleave(records, random);
  EngineRun run{rules(), &built_in_prices(), 1, 100};
  MemoryStore store;
  RecordingTeller expected;
  REQUIRE(run.run(store, partitions(), order, expected));

  for (auto& partition : records) {
    for (auto& record : partition) record.offset += record.offset >= 60 ? 1 : 0;
    partition.insert(partition.begin() + 60,
                     {partition[0].partition, 60, 4'070'908'800'000,
                      R"({"id":"poison","timestamp":4070908800000,"usage":{"input":0},)"
                      R"("provider":"openai","model":"gpt-4o","user":"poison"})"});
  }
  MemoryStore poisoned;
  RecordingTeller teller;
  REQUIRE(run.run(poisoned, partitions(), interleave(records, random), teller));
  CHECK(teller.ids() == expected.ids());
}
