// SPDX-License-Identifier: Apache-2.0
#include "crash/life.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <random>
#include <stop_token>

#include "notify/notifier.h"
#include "notify/outbox.h"
#include "notify/outbox_keys.h"
#include "notify/webhook/webhook_channel.h"
#include "pipeline/engine.h"
#include "state/view.h"
#include "support/manual_clock.h"

namespace tocsin::crash {
namespace {

constexpr Millis kStep{10};                   // of the scenario's clock, with each step
constexpr Millis kAfterAll{30 * 3'600'000};   // until every window has closed
constexpr std::uint64_t kTurnsAfterAll = 20;  // time for sweeps and for closing windows
constexpr int kStepsMax = 100'000;

class OutboxTeller final : public Teller {
 public:
  explicit OutboxTeller(Notifier& notifier) : notifier_(notifier) {}
  void committed(Committed committed) override {
    std::vector<Outgoing> outgoing;
    for (auto& one : committed.alerts) {
      outgoing.push_back({one.number, std::move(one.alert), std::move(one.channels)});
    }
    notifier_.offer(std::move(outgoing));
    for (auto& one : committed.resolved) {
      notifier_.resolve(std::move(one.resolution), std::move(one.channels));
    }
  }
  void catch_up_ended() override { notifier_.catch_up_ended(); }
  void trouble(const EngineMessage& message) override { notifier_.engine(message); }

 private:
  Notifier& notifier_;
};

std::vector<std::unique_ptr<Channel>> channels() {
  std::vector<std::unique_ptr<Channel>> all;
  for (const char* name : {"hook", "second", "ops"}) {
    WebhookConfig config;
    config.name = name;
    config.url = std::string("https://receiver.example/") + name;
    all.push_back(std::make_unique<WebhookChannel>(std::move(config)));
  }
  return all;
}

Route everything() {
  const std::vector<std::string> both{"hook", "second"};
  return {both, both, both};
}

NotifierConfig telling() {
  NotifierConfig config;
  config.engine_channels = {"ops"};
  config.gathering.group_interval = Millis{500};
  config.drain = Millis{50};
  return config;
}

QuarantineWriter quarantine_to(const std::string& path) {
  return [path](const auto& set_aside, const auto& partitions) -> Result<void> {
    std::ofstream out(path, std::ios::app);
    for (const SetAside& one : set_aside) {
      out << partitions[one.partition].name.partition << " " << one.offset << "\n";
    }
    return {};
  };
}

Tariff tariff() { return make_tariff("the scenario's prices", "computed"); }

// The running parts of a life, and the one who looks after them.
class Running {
 public:
  Running(const Life& life, State& state)
      : life_(life),
        state_(state),
        clock_(WallTime{Millis{kScenarioStart}}),
        post_([this](const Post& post) {
          cut_off_ = !life_.arrived(post);
          return !cut_off_;
        }),
        notifier_({life.store, post_, clock_, log_}, channels(), telling()),
        teller_(notifier_),
        source_(life.scenario, state.partitions()),
        random_(life.seed) {}

  Result<void> run() {
    if (auto loaded = notifier_.load(); !loaded) return loaded;
    Engine engine(setup());
    if (auto started = engine.start(); !started) return started;
    for (int steps = 0; !over(engine); ++steps) {
      if (auto stepped = step(engine); !stepped) return stepped;
      if (cut_off_) return stop("the receivers are out of reach");
      clock_.advance(kStep);
      if (steps > kStepsMax) return stop("it does not come to an end: " + standing(engine));
    }
    if (auto finished = engine.finish(); !finished) return finished;
    // What comes when it is told to stop is stored before the end, and told now or next time.
    notifier_.engine({"stopping", "crash", "It stops", {}});
    std::stop_source stopped;
    stopped.request_stop();
    return notifier_.run(stopped.get_token());
  }

 private:
  EngineSetup setup() {
    EngineSetup setup{.sources = {{&source_, Format::automatic, ScenarioSource::kWorkers, false}},
                      .aggregator = aggregator(rules()),
                      .state = state_,
                      .teller = teller_,
                      .clock = clock_,
                      .log = log_,
                      .quarantine = quarantine_to(life_.quarantine),
                      .batch = {25, Millis{20}},
                      .live = true,
                      .replay_tick = {},
                      .identify = [this](const Source& of) {
                        return state_.identify("scenario", of.identity());
                      }};
    return setup;
  }

  const std::vector<Rule>& rules() const {
    return *life_.scenario.versions[std::filesystem::exists(life_.marker) ? 1 : 0];
  }

  AggregatorSetup aggregator(const std::vector<Rule>& rules) const {
    return {.rules = rules,
            .prices = *life_.scenario.prices,
            .cost = CostChoice::computed,
            .ids = state_.ids(),
            .seed = state_.seed(),
            .max_future = std::chrono::minutes(5),
            .out_of_order = std::chrono::minutes(1),
            .retention = std::chrono::days(400),
            .lateness = std::nullopt,
            .ticks_from_gaps = false,
            .drivers = &state_.driver_switches()};
  }

  // Any of the threads goes on a little.
  Result<void> step(Engine& engine) {
    switch (random_() % 4) {
      case 0: engine.turn_worker(0, Millis{0}); return {};
      case 1: engine.turn_worker(1, Millis{0}); return {};
      case 2: return engine.turn(Millis{0});
      default: return notifier_.step();
    }
  }

  // Brings the life on; true when nothing is left to do.
  bool over(Engine& engine) {
    const EngineStatus status = engine.status();
    std::int64_t counted = 0;
    bool idle = !status.partitions.empty();
    for (const auto& row : status.partitions) {
      counted += row.position.next_offset;
      idle = idle && row.idle;
    }
    if (!reloaded_ && counted * 5 >= static_cast<std::int64_t>(life_.scenario.records) * 2) {
      reloaded_ = true;
      if (!std::filesystem::exists(life_.marker)) reload(engine);
    }
    if (counted < static_cast<std::int64_t>(life_.scenario.records)) return false;
    if (reloading_ && reloading_->wait_for(Millis{0}) != std::future_status::ready) return false;
    if (!repriced(engine)) return false;
    if (!all_counted_) {
      all_counted_ = true;
      clock_.advance(kAfterAll);
    }
    if (!idle) turns_ = engine.turns();
    return idle && engine.turns() >= turns_ + kTurnsAfterAll && nothing_to_tell();
  }

  // Where it stands, for whoever wonders why it doesn't end.
  std::string standing(const Engine& engine) const {
    const EngineStatus status = engine.status();
    std::string text =
        "turn " + std::to_string(engine.turns()) + ", commit " + std::to_string(status.commits);
    for (const auto& row : status.partitions) {
      text += ", " + std::to_string(row.position.next_offset) + (row.idle ? " idle" : "");
    }
    for (const auto& channel : notifier_.status()) {
      text += ", " + channel.name + " " + std::to_string(channel.queued) + " waiting";
    }
    for (const auto& reason : status.not_ready) text += ", " + reason;
    if (reloading_) text += ", reloading";
    return text;
  }

  // Somebody saves other rules.
  void reload(Engine& engine) {
    std::ofstream(life_.marker) << "2\n";
    const auto next = life_.scenario.versions[1];
    auto prepared = state_.prepare({.rules = *next,
                                    .keeps = next,
                                    .fallback = everything(),
                                    .limits = small_limits(),
                                    .rows = {},
                                    .tariff = tariff()});
    if (!prepared) return;  // the store has failed: the engine meets it too
    auto reload = std::make_unique<Reload>();
    reload->rules = std::move(*prepared);
    for (std::size_t i = 0; i < engine.workers(); ++i) {
      AggregatorSetup setup = aggregator(*next);
      setup.keeps = next;
      reload->aggregators.push_back(std::make_unique<Aggregator>(setup));
    }
    reloading_ = reload->done.get_future();
    engine.offer(std::move(reload));
  }

  // What is counted by then is put right, once in all lives: each step as the state allows.
  bool repriced(Engine& engine) {
    const auto done = read_repricings(life_.store);
    if (!done || !done->empty()) return true;  // a store that fails, the engine meets too
    if (!step_) {
      auto step = std::make_unique<RepricingStep>();
      step->begin = RepricingRequest{};
      step->keep = true;
      offer(engine, std::move(step));
    }
    if (step_->wait_for(Millis{0}) != std::future_status::ready) return false;
    const auto start = step_->get();
    step_.reset();
    if (!start || start->until.empty()) return false;
    find_corrections();
    corrections_.version = start->version;
    corrections_.deltas = deltas_;
    auto step = std::make_unique<RepricingStep>();
    step->corrections = &corrections_;
    offer(engine, std::move(step));
    return false;
  }

  void offer(Engine& engine, std::unique_ptr<RepricingStep> step) {
    step_ = step->done.get_future();
    engine.offer(std::move(step));
  }

  // A tenth more, or less, by the group.
  void find_corrections() {
    deltas_.clear();
    groups_.clear();
    const auto& in_force = rules();
    const auto snapshot = life_.store.snapshot();
    [[maybe_unused]] const auto read =
        StateView(*snapshot, in_force).cells([&](const CellView& cell) {
          const auto rule = std::find_if(in_force.begin(), in_force.end(),
                                         [&](const Rule& of) { return of.name == cell.name; });
          if (rule == in_force.end() || rule->rolling() || rule->judged()) return true;
          const std::string& group = groups_.emplace_back(cell.key);
          const int128 more = cell.total / (group.size() % 2 == 0 ? 10 : -10);
          Delta& delta = deltas_.emplace_back();
          delta.rule = static_cast<std::uint32_t>(rule - in_force.begin());
          delta.at = to_ms(cell.window.start);
          delta.group = group;
          delta.amount = more;
          return true;
        });
  }

  bool nothing_to_tell() const {
    bool nothing = true;
    for (const char kind : {kOutboxPrefix, kResolutionPrefix, kNotificationPrefix}) {
      const std::string from(1, kind), until(1, static_cast<char>(kind + 1));
      const auto scanned =
          life_.store.scan(from, until, [&](auto, auto) { return nothing = false; });
      if (!scanned) return true;  // the engine meets it too
    }
    return nothing;
  }

  const Life& life_;
  State& state_;
  ManualClock clock_;
  SilentLog log_;
  Postbox post_;
  Notifier notifier_;
  OutboxTeller teller_;
  ScenarioSource source_;
  std::mt19937_64 random_;
  bool cut_off_ = false;
  bool reloaded_ = false, all_counted_ = false;
  std::optional<std::future<Result<std::chrono::microseconds>>> reloading_;
  std::optional<std::future<Result<RepricingStart>>> step_;
  Corrections corrections_;
  std::vector<Delta> deltas_;
  std::deque<std::string> groups_;
  std::uint64_t turns_ = 0;
};

}  // namespace

Result<void> Life::run() {
  const auto rules = scenario.versions[std::filesystem::exists(marker) ? 1 : 0];
  OutboxLog alert_log;
  auto state = State::open({.store = store,
                            .rules = *rules,
                            .fallback = everything(),
                            .alert_log = alert_log,
                            .limits = small_limits(),
                            .keeps = rules,
                            .tariff = tariff()});
  if (!state) return tl::unexpected(state.error());
  return Running(*this, **state).run();
}

}  // namespace tocsin::crash
