// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_run.h"

#include <fmt/format.h>

#include <limits>
#include <set>

#include "cli/engine_parts.h"
#include "cli/stderr_log.h"
#include "state/keys.h"
#include "state/memory_store.h"

namespace tocsin {
namespace {

// Notes when events happened, and shows them to whoever else looks.
class Span final : public EventWatch {
 public:
  explicit Span(EventWatch* next) : next_(next) {}

  void counted(const CountedEvent& counted) override {
    EventTime first = first_.load(std::memory_order_relaxed);
    while (counted.time < first && !first_.compare_exchange_weak(first, counted.time)) {
    }
    EventTime last = last_.load(std::memory_order_relaxed);
    while (counted.time > last && !last_.compare_exchange_weak(last, counted.time)) {
    }
    if (next_ != nullptr) next_->counted(counted);
  }
  void put_into(BacktestResult& result) const {
    if (first_.load() > last_.load()) return;
    result.first = first_.load();
    result.last = last_.load();
  }

 private:
  EventWatch* next_;
  std::atomic<EventTime> first_{EventTime::max()}, last_{EventTime::min()};
};

class Listener final : public Teller {
 public:
  Listener(const BacktestSetup& setup, BacktestResult& result)
      : setup_(setup), result_(result), messages_(setup.config.group_interval) {
    for (std::size_t i = 0; i < setup.rules.size(); ++i) index_.try_emplace(setup.rules[i].name, i);
    result_.rules.resize(setup.rules.size());
  }

  void committed(Committed committed) override {
    for (const auto& recorded : committed.alerts) note(recorded.alert);
    if (!setup_.config.channels.empty()) messages_.committed(committed);
  }
  void catch_up_ended() override {}
  void trouble(const EngineMessage& message) override {
    if (message.kind == "halted") {
      // What the engine says further is about a state that is kept.
      result_.broke = message.text.substr(0, message.text.find("; nothing more of it"));
      return;
    }
    // The report says these at its end, with numbers.
    for (const auto* said : {"quarantine", "other_cost"}) {
      if (message.kind == said) return;
    }
    if (told_.insert(message.kind + message.subject).second) {
      result_.troubles.push_back(message.text);
    }
  }
  void finish() {
    messages_.finish();
    result_.channels = messages_.channels();
  }

 private:
  void note(const Alert& alert) {
    if (setup_.alert) setup_.alert(alert);
    RuleTally& told = result_.rules[index_.at(alert.rule)];
    ++told.alerts;
    ++told.by_rung[alert.rung];
    std::string group;
    for (const auto& [field, value] : alert.group) group += value + '\0';
    told.groups.insert(std::move(group));
    if (!told.first || alert.at < told.first->at) told.first = alert;
  }

  const BacktestSetup& setup_;
  BacktestResult& result_;
  MessageTally messages_;
  std::map<std::string, std::size_t> index_;
  std::set<std::string> told_;
};

struct NoAlertLog final : AlertLog {
  void append(const Recorded&, WriteBatch&) override {}
  void append(const Resolved&, WriteBatch&) override {}
};

// What was halted is in the result; a log line would stand beside it.
struct NoLog final : Log {
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

constexpr Millis kNoAge{std::chrono::hours{1}};

// Nothing starts anew from this state, so nothing is written or spilled for that.
StateLimits scratch_limits(const Config& config) {
  StateLimits limits = state_limits(config);
  limits.hot_bytes = std::numeric_limits<std::size_t>::max();
  limits.pane_bytes = std::numeric_limits<std::size_t>::max();
  limits.starts_again = false;
  return limits;
}

std::string place_of(const SetAside& bad, const PartitionName& of, bool partitioned) {
  const std::string where =
      partitioned ? fmt::format("{}[{}] offset {}", of.topic, of.partition, bad.offset)
                  : fmt::format("{}:{}", of.topic, bad.offset + 1);
  return where + ": " + bad.detail;
}

}  // namespace

Result<BacktestResult> run_backtest(const BacktestSetup& setup) {
  auto input = setup.kafka == nullptr
                   ? BacktestInput::open(setup.from, setup.workers, setup.progress)
                   : BacktestInput::open(*setup.kafka, setup.workers, setup.progress);
  if (!input) return tl::unexpected(input.error());
  BacktestResult result;
  result.peaks.resize(setup.rules.size());
  MemoryStore store(key::read_while_running);
  NoAlertLog alert_log;
  auto state = State::open({.store = store,
                            .rules = setup.rules,
                            .fallback = setup.config.notify,
                            .alert_log = alert_log,
                            .limits = scratch_limits(setup.config),
                            .peaks = &result.peaks});
  if (!state) return tl::unexpected(state.error());

  RealClock clock;
  NoLog log;
  Span span(setup.watch);
  Listener listener(setup, result);
  EngineSetup engine_setup{
      .sources = {},
      .aggregator = aggregator_setup(setup.config, setup.rules, setup.prices, **state),
      .state = **state,
      .teller = listener,
      .clock = clock,
      .log = log,
      .quarantine = [&](const std::vector<SetAside>& bad,
                        const std::vector<PartitionRow>& partitions) -> Result<void> {
        for (const auto& one : bad) {
          std::string& first = result.first_set_aside[static_cast<std::size_t>(one.reason)];
          if (!first.empty()) continue;
          first = place_of(one, partitions[one.partition].name, (*input)->partitioned());
        }
        return {};
      },
      // By records alone: so what stands beside an alert is the same in every run.
      .batch = {setup.batch, kNoAge},
      .live = false,
      .replay_tick = {},
      .identify = {}};
  engine_setup.aggregator.watch = &span;
  (*input)->join(engine_setup, setup.config);
  {
    Engine engine(std::move(engine_setup));
    if (auto ran = engine.run(setup.stop); !ran) result.broke = ran.error().message;
  }
  if (const auto lists = (*input)->price_lists(); lists > 1) {
    result.troubles.push_back(
        fmt::format("{} price lists were in force while this was recorded: all of it is priced by "
                    "the one of now.",
                    lists));
  }
  result.stopped = setup.stop;
  listener.finish();
  result.counts = (*state)->counts();
  span.put_into(result);
  return result;
}

}  // namespace tocsin
