// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/replay.h"
#include "price/price_list.h"
#include "state/memory_store.h"
#include "state/view.h"
#include "support/alert_logs.h"
#include "support/manual_clock.h"

namespace tocsin {

inline constexpr std::int64_t kNoon = 20'400LL * 86'400'000 + 43'200'000;

inline const PriceList& built_in_prices() {
  static const PriceList list = std::move(*PriceList::built_in());
  return list;
}

struct SilentLog final : Log {
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// Remembers what was told.
struct RecordingTeller final : Teller {
  void committed(Committed committed) override {
    for (auto& recorded : committed.alerts) alerts.push_back(recorded.alert);
  }
  void catch_up_ended() override { ++catch_ups_ended; }
  void trouble(const EngineMessage& message) override { troubles.push_back(message); }

  std::set<std::string> ids() const {
    std::set<std::string> all;
    for (const auto& alert : alerts) all.insert(alert.id);
    return all;
  }

  std::vector<Alert> alerts;
  std::vector<EngineMessage> troubles;
  int catch_ups_ended = 0;
};

struct ScriptedRecord {
  PartitionName partition;
  std::int64_t offset = 0;
  std::int64_t timestamp = 0;
  std::string value;
};

// Records in an order; those before a partition's start are left out.
class ScriptedInput final : public ReplayInput {
 public:
  ScriptedInput(std::vector<PartitionName> partitions, std::vector<ScriptedRecord> records,
                std::map<PartitionName, std::int64_t> from)
      : partitions_(std::move(partitions)), records_(std::move(records)), from_(std::move(from)) {}

  Result<bool> next(ReplayItem& item) override {
    if (!told_) {
      told_ = true;
      item.partitions = partitions_;
      return true;
    }
    while (at_ < records_.size() && records_[at_].offset < from_[records_[at_].partition]) {
      ++at_;
    }
    if (at_ >= records_.size()) return false;
    const ScriptedRecord& record = records_[at_++];
    item.partition = record.partition;
    item.record.offset = record.offset;
    item.record.timestamp = event_time_ms(record.timestamp);
    item.record.value = record.value;
    return true;
  }

 private:
  std::vector<PartitionName> partitions_;
  std::vector<ScriptedRecord> records_;
  std::map<PartitionName, std::int64_t> from_;
  bool told_ = false;
  std::size_t at_ = 0;
};

// Runs records through a whole engine over one store, which outlives it.
struct EngineRun {
  std::vector<Rule> rules;
  const PriceList* prices = nullptr;
  unsigned workers = 1;
  std::size_t batch = 10'000;
  std::function<void(Engine&, State&)> started{};
  StateLimits limits{};

  // Memory and a journal so short that every commit evicts, trims and stores, a little each.
  static StateLimits tight() {
    StateLimits limits;
    limits.hot_bytes = 1;
    limits.journal_bytes = 500;
    limits.spills_per_commit = 3;
    limits.pages_per_commit = 1;
    return limits;
  }

  // False: the store failed on the way, as it was told to.
  bool run(Store& store, const std::vector<PartitionName>& partitions,
           const std::vector<ScriptedRecord>& records, RecordingTeller& teller) const {
    NoAlertLog alert_log;
    auto state = State::open(
        {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = limits});
    if (!state) return false;
    std::map<PartitionName, std::int64_t> from;
    for (const auto& row : (*state)->partitions()) from[row.name] = row.position.next_offset;
    ScriptedInput input(partitions, records, from);
    ReplaySource source(input, workers);
    return run_source(**state, source, teller);
  }

  // The same over any source that ends.
  bool run_source(Store& store, Source& source, RecordingTeller& teller) const {
    NoAlertLog alert_log;
    auto state = State::open(
        {.store = store, .rules = rules, .fallback = {}, .alert_log = alert_log, .limits = {}});
    return state && run_source(**state, source, teller);
  }

  bool run_source(State& state, Source& source, RecordingTeller& teller) const {
    ManualClock clock;
    SilentLog log;
    EngineSetup setup{.sources = {{&source, Format::automatic, workers, false}},
                      .aggregator = aggregator(state),
                      .state = state,
                      .teller = teller,
                      .clock = clock,
                      .log = log,
                      .quarantine = {},
                      .batch = {batch, Millis{20}},
                      .live = false,
                      .replay_tick = {},
                      .identify = {}};
    Engine engine(std::move(setup));
    if (started) started(engine, state);
    const std::atomic<bool> never{false};
    return engine.run(never).has_value();
  }

  // Offers `next` to a running engine; it takes effect between two of its commits.
  static std::future<Result<std::chrono::microseconds>> offer(
      Engine& engine, State& state, AggregatorSetup aggregator,
      std::shared_ptr<const std::vector<Rule>> next, const StateLimits& limits = {}) {
    auto prepared = state.prepare(
        {.rules = *next, .keeps = next, .fallback = {}, .limits = limits, .rows = {}});
    if (!prepared) throw std::runtime_error(prepared.error().message);
    auto reload = std::make_unique<Reload>();
    reload->rules = std::move(*prepared);
    for (std::size_t i = 0; i < engine.workers(); ++i) {
      reload->aggregators.push_back(std::make_unique<Aggregator>(
          AggregatorSetup{*next, aggregator.prices, aggregator.cost, aggregator.ids,
                          aggregator.seed, aggregator.max_future, aggregator.out_of_order,
                          aggregator.retention, aggregator.lateness, false, next}));
    }
    auto done = reload->done.get_future();
    engine.offer(std::move(reload));
    return done;
  }

  AggregatorSetup aggregator(State& state) const {
    return {.rules = rules,
            .prices = *prices,
            .cost = CostChoice::computed,
            .ids = state.ids(),
            .seed = state.seed(),
            .max_future = std::chrono::minutes(5),
            .out_of_order = std::chrono::minutes(1),
            .retention = std::chrono::days(400),
            .lateness = std::nullopt,
            .ticks_from_gaps = false,
            .drivers = &state.driver_switches()};
  }
};

}  // namespace tocsin
