// SPDX-License-Identifier: Apache-2.0
// Rules that come into force later, and what was read before they did.
#include <catch2/catch.hpp>
#include <map>

#include "pipeline/backfill.h"
#include "pipeline/engine_fixture.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kDayMs = 24 * 60 * kMinuteMs;

std::string a_dollar(const std::string& user, std::int64_t at, const std::string& id) {
  return R"({"timestamp":)" + std::to_string(at) + R"(,"id":")" + id +
         R"(","provider":"openai","model":"gpt-4o","usage":{"input":400000},"user":")" + user +
         "\"}";
}

Rule of_day(const std::string& name, int budget) { return user_day_rule(name, budget * kDollar); }

Rule rolling(const std::string& name, Millis length) {
  Rule rule = user_day_rule(name, 100 * kDollar);
  rule.window.kind = WindowKind::rolling;
  rule.window.length = length;
  return rule;
}

// A state that has counted records for one rule, and then gets others.
struct Later {
  MemoryStore store, scratch;
  NoAlertLog alert_log;
  std::vector<std::string> values;
  std::vector<std::int64_t> stamps;
  std::vector<Rule> rules{of_day("first", 100)};
  std::unique_ptr<State> state;
  std::vector<Alert> told;

  Later() { open(); }

  void open() {
    auto opened = State::open({.store = store,
                               .rules = rules,
                               .fallback = {},
                               .alert_log = alert_log,
                               .limits = {},
                               .backfills = true});
    REQUIRE(opened);
    state = std::move(*opened);
    state->add_partition({"requests", 0});
  }

  AggregatorSetup stage() {
    return {.rules = rules,
            .prices = built_in_prices(),
            .cost = CostChoice::computed,
            .ids = state->ids(),
            .seed = state->seed(),
            .lateness = std::nullopt};
  }

  Record record(std::size_t i) const {
    Record record;
    record.offset = static_cast<std::int64_t>(i);
    record.timestamp = event_time_ms(stamps[i]);
    record.has_timestamp = true;
    record.value = values[i];
    return record;
  }

  // Counted by the rules in force.
  void spend(const std::string& user, std::int64_t at, const std::string& id) {
    values.push_back(a_dollar(user, at, id));
    stamps.push_back(at);
    const AggregatorSetup setup = stage();
    Aggregator aggregator(setup);
    aggregator.add_lane(
        {0, "requests", Format::native, StreamTime::restore(state->partitions()[0].stream_time)});
    Batch batch(state->seed());
    aggregator.take(record(values.size() - 1), 0, batch);
    const Work work = batch.work();
    take(state->commit({.work = std::span(&work, 1)}));
  }

  void take(Result<Committed> committed) {
    REQUIRE(committed);
    for (const auto& one : committed->alerts) told.push_back(one.alert);
  }

  void exchange(std::vector<Rule> next) {
    const auto kept = std::make_shared<const std::vector<Rule>>(next);
    auto prepared = state->prepare({.rules = *kept,
                                    .keeps = kept,
                                    .fallback = {},
                                    .limits = {},
                                    .rows = {},
                                    .backfills = true});
    REQUIRE(prepared);
    REQUIRE(state->accept(**prepared));
    take(state->exchange(**prepared, {.sync = Sync::yes}));
    rules = std::move(next);
    while (state->has_work()) take(state->commit({}));
  }

  // All that is to be filled, or `most` chunks of it. False: nothing is.
  bool backfill(std::size_t most = SIZE_MAX) {
    auto start = state->begin_backfill(true);
    if (!start) return false;
    take(state->commit({}));
    const auto until = start->order.until;
    const AggregatorSetup setup = stage();
    Backfilling again({.start = std::move(*start), .stage = setup, .scratch = scratch});
    again.add_lane(0, "requests", Format::native);
    for (std::size_t i = 0; i < values.size() && static_cast<std::int64_t>(i) < until[0]; ++i) {
      REQUIRE(again.take(record(i), 0));
    }
    REQUIRE(again.finish());
    for (std::size_t i = 0; i < most; ++i) {
      const BackfillChunk chunk = again.next();
      take(state->fill(chunk, {}));
      if (chunk.last) break;
    }
    return true;
  }

  std::map<std::string, int128> totals(const std::string& rule) const {
    std::map<std::string, int128> all;
    const auto snapshot = store.snapshot();
    REQUIRE(StateView(*snapshot, rules).cells([&](const CellView& cell) {
      if (cell.rule->name == rule) all[cell.group.front().second] += cell.total;
      return true;
    }));
    return all;
  }
};

using Totals = std::map<std::string, int128>;

}  // namespace

TEST_CASE("A rule that comes later counts what was read before it, and once") {
  Later engine;
  for (int i = 0; i < 5; ++i) {
    engine.spend(i % 2 == 0 ? "ann" : "bob", kNoon + i, "r" + std::to_string(i));
  }
  engine.exchange({of_day("first", 100), of_day("later", 100)});
  engine.spend("ann", kNoon + 6, "r6");
  CHECK(engine.totals("later") == Totals{{"ann", kDollar}});
  REQUIRE(engine.backfill());
  CHECK(engine.totals("later") == Totals{{"ann", 4 * kDollar}, {"bob", 2 * kDollar}});
  CHECK(engine.totals("first") == engine.totals("later"));
  CHECK_FALSE(engine.backfill());
}

TEST_CASE("What is over by what was read before is told as old news") {
  Later engine;
  for (int i = 0; i < 5; ++i) engine.spend("ann", kNoon + i, "r" + std::to_string(i));
  engine.exchange({of_day("first", 100), of_day("later", 5)});
  CHECK(engine.told.empty());
  REQUIRE(engine.backfill());
  REQUIRE(engine.told.size() == 3);
  for (const Alert& alert : engine.told) CHECK(alert.old_news);
  CHECK(engine.told.back().value == 5 * kDollar);
}

TEST_CASE("Copies of what was read before count once, and windows that are over are left") {
  Later engine;
  for (int i = 0; i < 9; ++i) {  // from the eighth on stamps are trusted
    engine.spend("ann", kNoon - kDayMs + i, "yesterday " + std::to_string(i));
  }
  engine.spend("ann", kNoon, "one");
  engine.spend("ann", kNoon + 1, "one");
  for (int i = 0; i < 9; ++i) engine.spend("bob", kNoon + 2 + i, "b" + std::to_string(i));
  engine.exchange({of_day("first", 100), of_day("later", 100)});
  REQUIRE(engine.backfill());
  CHECK(engine.totals("later") == Totals{{"ann", kDollar}, {"bob", 9 * kDollar}});
}

TEST_CASE("A rolling window has what it covers") {
  Later engine;
  engine.spend("ann", kNoon - 120 * kMinuteMs, "long ago");
  engine.spend("ann", kNoon - 50 * kMinuteMs, "a");
  engine.spend("ann", kNoon, "b");
  engine.exchange({of_day("first", 100), rolling("hour", Millis{3'600'000})});
  REQUIRE(engine.backfill());
  engine.spend("ann", kNoon + kMinuteMs, "c");
  const auto totals = engine.totals("hour");
  REQUIRE(totals.size() == 1);
  CHECK(totals.begin()->second == 3 * kDollar);
}

TEST_CASE("A kill while cells are filled repeats none and leaves none out") {
  Later engine;
  for (int i = 0; i < 4'500; ++i) {
    engine.spend("u" + std::to_string(i), kNoon + i, "r" + std::to_string(i));
  }
  engine.exchange({of_day("first", 100), of_day("later", 100)});
  for (const std::size_t chunks : {std::size_t{1}, std::size_t{1}}) {
    REQUIRE(engine.backfill(chunks));
    engine.open();  // the process is gone, and another one begins it anew
  }
  REQUIRE(engine.backfill());
  const Totals totals = engine.totals("later");
  CHECK(totals.size() == 4'500);
  CHECK(std::all_of(totals.begin(), totals.end(),
                    [](const auto& one) { return one.second == kDollar; }));
  CHECK_FALSE(engine.backfill());
}

TEST_CASE("Rules edited while the engine was stopped are filled when it starts") {
  Later engine;
  engine.spend("ann", kNoon, "one");
  engine.rules.push_back(of_day("later", 100));
  engine.open();
  REQUIRE(engine.backfill());
  CHECK(engine.totals("later") == Totals{{"ann", kDollar}});
}

TEST_CASE("A rule that says so counts from now on, and one that is taken out is passed over") {
  Later engine;
  engine.spend("ann", kNoon, "one");
  Rule rule = of_day("later", 100);
  rule.backfill = false;
  engine.exchange({of_day("first", 100), rule});
  CHECK_FALSE(engine.backfill());
  engine.exchange({of_day("first", 100), rule, of_day("brief", 100)});
  engine.exchange({of_day("first", 100), rule});
  REQUIRE(engine.backfill());
  CHECK(engine.totals("later").empty());
  CHECK_FALSE(engine.backfill());
}
