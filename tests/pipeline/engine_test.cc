// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "pipeline/engine_fixture.h"
#include "pipeline/idleness.h"
#include "pipeline/outage.h"
#include "support/dollar.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

ScriptedRecord request(std::int64_t offset, const std::string& rest, int partition = 0) {
  return {{"requests", partition},
          offset,
          kNoon + offset,
          R"({"timestamp":)" + std::to_string(kNoon + offset) +
              R"(,"provider":"openai","model":"gpt-4o","user":"ann",)" + rest + "}"};
}

// Total of the only cell.
int128 total(const Store& store, const std::vector<Rule>& rules) {
  int128 sum = 0;
  const auto snapshot = store.snapshot();
  REQUIRE(StateView(*snapshot, rules).cells([&](const CellView& cell) {
    sum += cell.total;
    return true;
  }));
  return sum;
}

// Says where it begins and hands out its first records in one poll, as a file does.
class OnePollSource final : public Source {
 public:
  std::string identity() const override { return "file"; }
  std::vector<PartitionName> partitions() const override { return {{"requests", 0}}; }
  Result<std::span<const Record>> poll(unsigned, std::size_t, Millis,
                                       std::vector<SourceNotice>& notices) override {
    SourceNotice notice;
    notice.kind = polled_ ? SourceNotice::Kind::ended : SourceNotice::Kind::begins;
    notice.partition = 0;
    notices.push_back(notice);
    if (polled_) return std::span<const Record>();
    polled_ = true;
    record_.timestamp = event_time_ms(kNoon);
    record_.value = value_;
    return std::span<const Record>(&record_, 1);
  }
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>> offsets) override {
    for (const auto& [partition, next] : offsets) mirrored.push_back(next);
  }

  std::vector<std::int64_t> mirrored;

 private:
  bool polled_ = false;
  std::string value_ = R"({"provider":"openai","model":"gpt-4o","usage":{"input":1},"user":"ann"})";
  Record record_;
};

}  // namespace

TEST_CASE("Where a source begins is behind the records that came with it") {
  EngineRun run{{user_day_rule("daily", 100 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  OnePollSource source;
  REQUIRE(run.run_source(store, source, teller));
  NoAlertLog alert_log;
  const auto state = State::open(
      {.store = store, .rules = run.rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  CHECK((*state)->partitions().at(0).position.next_offset == 1);
}

TEST_CASE("An id counts once, in its own partition and in another") {
  EngineRun run{{user_day_rule("daily", 100 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  const std::string body = R"("id":"r1","usage":{"input":1000000})";
  REQUIRE(run.run(store, {{"requests", 0}, {"requests", 1}},
                  {request(0, body), request(1, body), request(0, body, 1)}, teller));
  CHECK(total(store, run.rules) == 5 * kDollar / 2);
  SECTION("also after a restart") {
    REQUIRE(run.run(store, {{"requests", 0}, {"requests", 1}}, {request(2, body)}, teller));
    CHECK(total(store, run.rules) == 5 * kDollar / 2);
  }
}

TEST_CASE("A copy at another cost is told, though its first is of another run and partition") {
  EngineRun run{{user_day_rule("daily", 100 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  const std::vector<PartitionName> both{{"requests", 0}, {"requests", 1}};
  REQUIRE(run.run(store, both, {request(0, R"("id":"r1","usage":{"input":1000000})")}, teller));
  CHECK(teller.troubles.empty());
  REQUIRE(run.run(store, both,
                  {request(0, R"("id":"r1","usage":{"input":1000000,"output":1200})", 1)}, teller));
  CHECK(total(store, run.rules) == 5 * kDollar / 2);
  REQUIRE(teller.troubles.size() == 1);
  const EngineMessage& told = teller.troubles[0];
  CHECK(told.kind == "other_cost");
  CHECK(told.subject == "requests");
  CHECK_THAT(told.text, Catch::Contains("1 copy was not like its first"));
  REQUIRE(told.details.size() == 2);
  CHECK_THAT(told.details[0], Catch::Contains("id r1 at requests[1] offset 0"));
  CHECK_THAT(told.details[0], Catch::Contains("1M input and 1,200 output tokens"));
}

TEST_CASE("The cost of a model without a price is in no budget, and a copy of it counts nowhere") {
  EngineRun run{{user_day_rule("daily", 100 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  const ScriptedRecord record{{"requests", 0},
                              0,
                              kNoon,
                              R"({"id":"r1","provider":"openai","model":"gpt-99","user":"ann",)"
                              R"("usage":{"input":5,"output":7}})"};
  ScriptedRecord copy = record;
  copy.offset = 1;
  REQUIRE(run.run(store, {{"requests", 0}}, {record, copy}, teller));
  CHECK(total(store, run.rules) == 0);
  CHECK(teller.troubles.empty());  // who replays is told at the end, if at all
  NoAlertLog alert_log;
  const auto state = State::open(
      {.store = store, .rules = run.rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  const auto& rows = (*state)->unpriced().rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows.begin()->first.model == "openai/gpt-99");
  CHECK(rows.begin()->second.requests == 1);
}

TEST_CASE("A cached answer counts as a request and costs nothing") {
  Rule rule = user_day_rule("requests", 2);
  rule.metric = Metric::requests;
  EngineRun run{{rule, user_day_rule("cost", kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run.run(store, {{"requests", 0}},
                  {request(0, R"("cached":true,"usage":{"input":1000000})")}, teller));
  CHECK(total(store, run.rules) == 1);
}

TEST_CASE("Broken records are set aside with their position, and all else is exact") {
  EngineRun run{{user_day_rule("daily", 100 * kDollar)}, &built_in_prices(), 1, 10};
  MemoryStore store;
  RecordingTeller teller;
  ScriptedRecord broken{{"requests", 0}, 1, kNoon, "{nope"};
  REQUIRE(run.run(store, {{"requests", 0}},
                  {request(0, R"("usage":{"input":1000000})"), broken,
                   request(2, R"("usage":{"input":1000000})")},
                  teller));
  CHECK(total(store, run.rules) == 5 * kDollar);
  REQUIRE(teller.troubles.size() == 1);
  CHECK(teller.troubles[0].kind == "quarantine");
  CHECK_THAT(teller.troubles[0].text, Catch::Contains("requests[0] at offset 1"));
}

TEST_CASE("A partition is idle after two minutes at its end, and then does not hold time back") {
  MemoryStore store;
  NoAlertLog alert_log;
  const std::vector<Rule> rules;
  auto state = State::open(
      {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  (*state)->add_partition({"requests", 0});
  (*state)->add_partition({"requests", 1});
  ManualClock clock;
  Idleness idleness;
  idleness.at_end(0, clock.monotonic());
  idleness.at_end(1, clock.monotonic());
  clock.advance(std::chrono::seconds(119));
  CHECK_FALSE(idleness.due(**state, clock));
  idleness.record(1, clock.monotonic());
  clock.advance(std::chrono::seconds(1));
  const auto tick = idleness.due(**state, clock);
  REQUIRE(tick);
  CHECK(tick->idle == std::vector<std::uint32_t>{0});
}

TEST_CASE("An outage is told at once and when it is over; a flapping source once a minute") {
  ManualClock clock;
  Outage outage;
  outage.begins("down");
  CHECK(outage.due(clock.monotonic()) == "down");
  CHECK_FALSE(outage.due(clock.monotonic()));
  CHECK(outage.ends());
  outage.begins("down again");
  clock.advance(std::chrono::seconds(59));
  CHECK_FALSE(outage.due(clock.monotonic()));
  clock.advance(std::chrono::seconds(1));
  CHECK(outage.due(clock.monotonic()) == "down again");
  CHECK(outage.ends());
  outage.begins("a blink");
  CHECK_FALSE(outage.ends());
}

TEST_CASE("An engine that has not begun is not ready") {
  const std::vector<Rule> rules{user_day_rule("daily", 100 * kDollar)};
  MemoryStore store;
  NoAlertLog alert_log;
  auto state = State::open(
      {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  EngineRun run{rules, &built_in_prices(), 1, 10};
  RecordingTeller teller;
  ManualClock clock{WallTime{Millis{kNoon}}};
  SilentLog log;
  const Engine engine({.sources = {},
                       .aggregator = run.aggregator(**state),
                       .state = **state,
                       .teller = teller,
                       .clock = clock,
                       .log = log,
                       .quarantine = {},
                       .batch = {10, Millis{20}},
                       .live = true,
                       .replay_tick = {},
                       .identify = {},
                       .room = {}});
  CHECK(engine.status().not_ready == std::vector<std::string>{"starting"});
}

TEST_CASE("With less room on the disk than its reserve nothing is counted, and then all of it") {
  const std::vector<Rule> rules{user_day_rule("daily", 100 * kDollar)};
  MemoryStore store;
  NoAlertLog alert_log;
  auto state = State::open(
      {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  EngineRun run{rules, &built_in_prices(), 1, 10};
  OnePollSource source;
  RecordingTeller teller;
  ManualClock clock{WallTime{Millis{kNoon}}};
  SilentLog log;
  DiskRoom room{99, 100};
  Engine engine({.sources = {{&source, Format::automatic, 1, false}},
                 .aggregator = run.aggregator(**state),
                 .state = **state,
                 .teller = teller,
                 .clock = clock,
                 .log = log,
                 .quarantine = {},
                 .batch = {10, Millis{20}},
                 .live = true,
                 .replay_tick = {},
                 .identify = {},
                 .room = [&room] { return room; }});
  REQUIRE(engine.start());
  const auto turn = [&] {
    clock.advance(std::chrono::seconds(2));
    REQUIRE(engine.turn(Millis{0}));
    return engine.status();
  };
  engine.turn_worker(0, Millis{0});
  engine.turn_worker(0, Millis{0});

  turn();
  EngineStatus status = turn();
  CHECK(status.counts[Count::records] == 0);
  REQUIRE(status.not_ready.size() >= 1);
  CHECK_THAT(status.not_ready[0], Catch::Contains("the disk of the state is full"));
  REQUIRE(teller.troubles.size() == 1);
  CHECK(teller.troubles[0].kind == "disk_full");

  room.free = 124;  // it goes on with a quarter more than where it stopped
  CHECK(turn().counts[Count::records] == 0);
  room.free = 125;
  status = turn();
  CHECK(status.counts[Count::records] == 1);
  CHECK(status.held.empty());
  REQUIRE(teller.troubles.size() == 2);
  CHECK(teller.troubles[1].kind == "disk_room");
}

TEST_CASE("A lifetime counts nothing from before it begins, in judged rules either") {
  Rule rule = user_day_rule("lifetime", 0);
  rule.metric = Metric::requests;
  rule.window.kind = WindowKind::lifetime;
  rule.window.from = std::chrono::year_month_day{
      std::chrono::sys_days{std::chrono::days{20'401}}};  // the day after kNoon's
  rule.budgets.reset();
  rule.ladder = {rule.ladder.front()};
  rule.ladder[0].kind = Rung::Kind::amount;
  rule.ladder[0].number = 3;
  rule.ladder[0].text = "3";
  if (GENERATE(true, false)) rule.hold = std::chrono::minutes(1);
  const EngineRun run{{rule}, &built_in_prices()};
  MemoryStore store;
  RecordingTeller teller;
  // Every five minutes, the eleventh at midnight; of a new partition eight stamps are waited for.
  std::vector<ScriptedRecord> records;
  for (std::int64_t i = 0; i < 15; ++i) {
    records.push_back({{"requests", 0},
                       i,
                       kNoon + 43'200'000 + (i - 10) * 300'000,
                       R"({"provider":"openai","model":"gpt-4o","user":"ann","cost":1})"});
  }
  REQUIRE(run.run(store, {{"requests", 0}}, {records.begin(), records.begin() + 12}, teller));
  CHECK(teller.alerts.empty());
  REQUIRE(run.run(store, {{"requests", 0}}, records, teller));
  CHECK(teller.alerts.size() == 1);
}

TEST_CASE("What is counted is synced a second later, and only then told to the source") {
  const std::vector<Rule> rules{user_day_rule("daily", 100 * kDollar)};
  MemoryStore store;
  NoAlertLog alert_log;
  auto state = State::open(
      {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
  REQUIRE(state);
  EngineRun run{rules, &built_in_prices(), 1, 10};
  OnePollSource source;
  RecordingTeller teller;
  ManualClock clock{WallTime{Millis{kNoon}}};
  SilentLog log;
  Engine engine({.sources = {{&source, Format::automatic, 1, false}},
                 .aggregator = run.aggregator(**state),
                 .state = **state,
                 .teller = teller,
                 .clock = clock,
                 .log = log,
                 .quarantine = {},
                 .batch = {10, Millis{20}},
                 .live = true,
                 .replay_tick = {},
                 .identify = {}});
  REQUIRE(engine.start());
  engine.turn_worker(0, Millis{0});
  engine.turn_worker(0, Millis{0});
  REQUIRE(engine.turn(Millis{0}));
  REQUIRE(engine.status().counts[Count::records] == 1);
  CHECK(source.mirrored.empty());
  clock.advance(std::chrono::seconds(1));
  REQUIRE(engine.turn(Millis{0}));
  CHECK(source.mirrored == std::vector<std::int64_t>{1});
  store.lose_power();
  CHECK(total(store, rules) == 5 * kDollar / 2'000'000);
}
