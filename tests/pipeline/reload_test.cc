// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include "pipeline/engine_fixture.h"
#include "support/dollar.h"
#include "support/faulty_store.h"
#include "support/passing_store.h"
#include "support/rules.h"

using namespace tocsin;

namespace {

const std::vector<PartitionName> kPartitions = {{"requests", 0}, {"requests", 1}, {"requests", 2}};

// $0.50 each, by three users, over three partitions.
std::vector<ScriptedRecord> requests(int n) {
  std::vector<ScriptedRecord> records;
  for (int i = 0; i < n; ++i) {
    const std::string user = "u" + std::to_string(i * i % 7);
    records.push_back({kPartitions[static_cast<std::size_t>(i % 3)], i / 3, kNoon + i * 10,
                       R"({"timestamp":)" + std::to_string(kNoon + i * 10) +
                           R"(,"provider":"openai","model":"gpt-4o","user":")" + user +
                           R"(","usage":{"input":200000}})"});
  }
  return records;
}

Rule counting_rule(const std::string& name) {
  Rule rule = user_day_rule(name, 100);
  rule.metric = Metric::requests;
  return rule;
}

// Hands out few records at a time, and offers the next of some rule sets when a number of them are
// handed out.
class ReloadingSource final : public Source {
 public:
  ReloadingSource(Source& source, std::vector<std::size_t> at, std::vector<std::vector<Rule>> rules,
                  const StateLimits& limits)
      : source_(source), at_(std::move(at)), rules_(std::move(rules)), limits_(limits) {}

  void attach(Engine& engine, State& state, AggregatorSetup aggregator) {
    engine_ = &engine;
    state_ = &state;
    aggregator_ = std::make_unique<AggregatorSetup>(aggregator);
  }
  std::size_t reloads() const { return next_; }

  std::string identity() const override { return source_.identity(); }
  std::vector<PartitionName> partitions() const override { return source_.partitions(); }
  Result<std::span<const Record>> poll(unsigned worker, std::size_t, Millis wait,
                                       std::vector<SourceNotice>& notices) override {
    {
      const std::lock_guard lock(mutex_);
      if (next_ < at_.size() && polled_ >= at_[next_] && previous_done()) {
        done_ = EngineRun::offer(*engine_, *state_, *aggregator_,
                                 std::make_shared<const std::vector<Rule>>(rules_[next_]), limits_);
        ++next_;
      }
    }
    auto records = source_.poll(worker, 3, wait, notices);
    const std::lock_guard lock(mutex_);
    if (records) polled_ += records->size();
    return records;
  }
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  bool previous_done() {
    return !done_.valid() || done_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  Source& source_;
  std::vector<std::size_t> at_;
  std::vector<std::vector<Rule>> rules_;
  StateLimits limits_;
  Engine* engine_ = nullptr;
  State* state_ = nullptr;
  std::unique_ptr<AggregatorSetup> aggregator_;
  std::mutex mutex_;
  std::future<Result<std::chrono::microseconds>> done_;
  std::size_t next_ = 0, polled_ = 0;
};

std::map<std::string, int128> totals(const Store& store, const std::vector<Rule>& rules) {
  std::map<std::string, int128> all;
  const auto snapshot = store.snapshot();
  const auto read = StateView(*snapshot, rules).cells([&](const CellView& cell) {
    all[cell.name + " " + cell.group[0].second] += cell.total;
    return true;
  });
  if (!read) throw std::runtime_error(read.error().message);
  return all;
}

int128 sum(const std::map<std::string, int128>& totals, const std::string& rule) {
  int128 all = 0;
  for (const auto& [name, total] : totals) {
    if (name.starts_with(rule + " ")) all += total;
  }
  return all;
}

struct Scenario {
  std::vector<std::size_t> at;
  std::vector<std::vector<Rule>> rules;  // one more than `at`
  unsigned workers = 1;
  std::size_t batch = 10;
  StateLimits limits{};
};

// Runs all records through an engine that reloads on the way.
bool run(const Scenario& scenario, Store& store, const std::vector<ScriptedRecord>& records,
         RecordingTeller& teller) {
  EngineRun run{scenario.rules.front(), &built_in_prices(), scenario.workers, scenario.batch, {}};
  NoAlertLog alert_log;
  const auto kept = std::make_shared<const std::vector<Rule>>(run.rules);
  auto state = State::open({.store = store,
                            .rules = *kept,
                            .fallback = {},
                            .alert_log = alert_log,
                            .limits = scenario.limits,
                            .keeps = kept});
  if (!state) return false;
  std::map<PartitionName, std::int64_t> from;
  for (const auto& row : (*state)->partitions()) from[row.name] = row.position.next_offset;
  ScriptedInput input(kPartitions, records, from);
  ReplaySource replay(input, scenario.workers);
  ReloadingSource source(replay, scenario.at, {scenario.rules.begin() + 1, scenario.rules.end()},
                         scenario.limits);
  run.started = [&](Engine& engine, State& of) { source.attach(engine, of, run.aggregator(of)); };
  return run.run_source(**state, source, teller);
}

}  // namespace

TEST_CASE("No request is counted by a mix of old and new rules, and each by one of them") {
  CHECK(rc::check("whatever the batches, workers and the point", [] {
    const auto records = requests(*rc::gen::inRange(1, 400));
    Scenario scenario;
    scenario.at = {*rc::gen::inRange<std::size_t>(0, 400)};
    scenario.workers = *rc::gen::inRange(1u, 4u);
    scenario.batch = *rc::gen::inRange<std::size_t>(1, 60);
    scenario.rules = {{user_day_rule("a", kDollar), counting_rule("b")},
                      {counting_rule("c"), user_day_rule("d", 2 * kDollar)}};
    MemoryStore store;
    RecordingTeller teller;
    RC_ASSERT(run(scenario, store, records, teller));
    const auto all = totals(store, scenario.rules[1]);
    RC_ASSERT(sum(all, "a") == sum(all, "b") * kDollar / 2);
    RC_ASSERT(sum(all, "d") == sum(all, "c") * kDollar / 2);
    RC_ASSERT(sum(all, "b") + sum(all, "c") == static_cast<int128>(records.size()));
    RC_CLASSIFY(sum(all, "b") > 0 && sum(all, "c") > 0, "both counted");
  }));
}

TEST_CASE("Rules that no reload edits tell what they tell without any") {
  CHECK(rc::check("whatever comes and goes beside them", [] {
    const auto records = requests(400);
    const Rule kept = user_day_rule("kept", 20 * kDollar);
    MemoryStore plain_store;
    RecordingTeller plain;
    RC_ASSERT(run({{}, {{kept}}, 1, 10}, plain_store, records, plain));

    Scenario scenario;
    scenario.workers = *rc::gen::inRange(1u, 4u);
    scenario.batch = *rc::gen::inRange<std::size_t>(1, 60);
    scenario.rules = {{kept}};
    for (int i = 0; i < 8; ++i) {
      scenario.at.push_back(*rc::gen::inRange<std::size_t>(0, 400));
      std::vector<Rule> rules = {kept};
      const int beside = *rc::gen::inRange(0, 3);
      for (int other = 0; other < beside; ++other) {
        rules.insert(rules.begin(), user_day_rule("other" + std::to_string(other),
                                                  *rc::gen::inRange(1, 9) * kDollar));
      }
      scenario.rules.push_back(std::move(rules));
    }
    std::sort(scenario.at.begin(), scenario.at.end());
    MemoryStore store;
    RecordingTeller teller;
    RC_ASSERT(run(scenario, store, records, teller));
    std::erase_if(teller.alerts, [](const Alert& alert) { return alert.rule != "kept"; });
    RC_ASSERT(teller.ids() == plain.ids());
    RC_ASSERT(teller.alerts.size() == plain.alerts.size());
    RC_ASSERT(sum(totals(store, {kept}), "kept") == sum(totals(plain_store, {kept}), "kept"));
  }));
}

TEST_CASE("Limits that are taken back at once have told what all groups had reached by them") {
  Scenario scenario{{200, 200}, {}, 1, 1};
  const auto limited = [](int dollars) {
    return std::vector<Rule>{user_day_rule("daily", dollars * kDollar)};
  };
  scenario.rules = {limited(1'000), limited(10), limited(1'000)};
  scenario.limits.spills_per_commit = 1;  // a group each commit
  MemoryStore store;
  RecordingTeller teller;
  REQUIRE(run(scenario, store, requests(400), teller));
  CHECK(teller.ids().size() == std::size_t{4 * 3});  // of four users three rungs
}

TEST_CASE("A store that fails in a reload leaves either version, and a start goes on exactly") {
  CHECK(rc::check("at any write", [] {
    const auto records = requests(200);
    Scenario scenario{{40, 90}, {}, 2, 20};
    scenario.rules = {{user_day_rule("kept", 20 * kDollar), user_day_rule("a", kDollar)},
                      {user_day_rule("b", kDollar), user_day_rule("kept", 20 * kDollar)},
                      {user_day_rule("kept", 20 * kDollar)}};
    MemoryStore store;
    FaultyStore faulty(store);
    faulty.fail_write(
        *rc::gen::inRange<std::size_t>(1, 20),
        *rc::gen::element(FaultyStore::Fault::applied, FaultyStore::Fault::not_applied));
    RecordingTeller teller;
    run(scenario, faulty, records, teller);
    RC_ASSERT(run({{}, {scenario.rules[2]}, 1, 10}, store, records, teller));
    const auto all = totals(store, scenario.rules[2]);
    RC_ASSERT(sum(all, "kept") == 200 * kDollar / 2);
  }));
}

TEST_CASE("What was committed is synced before a reload stops the stream, not while it stands") {
  class SyncsNoted final : public PassingStore {
   public:
    using PassingStore::PassingStore;
    Result<void> write(const WriteBatch& batch, Sync sync) override {
      syncs += sync == Sync::yes ? 'S' : '.';
      return store_.write(batch, sync);
    }
    std::string syncs;
  };
  MemoryStore store;
  SyncsNoted noted(store);
  RecordingTeller teller;
  const std::vector<Rule> rules = {user_day_rule("a", kDollar)};
  REQUIRE(run({{200}, {rules, {user_day_rule("a", 2 * kDollar)}}, 1, 10}, noted, requests(400),
              teller));
  const std::size_t first = noted.syncs.find('S');
  const std::size_t exchange = noted.syncs.rfind('S');
  REQUIRE(exchange != std::string::npos);
  CHECK(first < exchange);
  CHECK(exchange - first <= 7);  // in between but what the worker had in hand: six batches
}

TEST_CASE("A reload that comes as the engine ends is told so, not that its rules are refused") {
  EngineRun run{{user_day_rule("a", kDollar)}, &built_in_prices()};
  std::optional<Error> error;
  run.started = [&](Engine& engine, State& of) {
    const std::atomic<bool> stop{true};
    REQUIRE(engine.run(stop));
    auto answer = EngineRun::offer(engine, of, run.aggregator(of),
                                   std::make_shared<const std::vector<Rule>>(run.rules));
    const auto done = answer.get();
    if (!done) error = done.error();
  };
  MemoryStore store;
  RecordingTeller teller;
  run.run(store, kPartitions, {}, teller);
  REQUIRE(error);
  CHECK(error->reaction == Reaction::retry);
}
