// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/replay.h"
#include "sim/world.h"
#include "state/keys.h"
#include "state/memory_store.h"
#include "state/view.h"
#include "support/alert_logs.h"

namespace tocsin::sim {
namespace {

constexpr int kTurnsAgainMax = 1'000'000;

struct NoTeller final : Teller {
  void committed(Committed) override {}
  void catch_up_ended() override {}
  void trouble(const EngineMessage&) override {}
};

PartitionName name_of(std::size_t partition) {
  return {kTopic, static_cast<std::int32_t>(partition)};
}

// A history as `tocsin dump` would have written it.
class Recording final : public ReplayInput {
 public:
  explicit Recording(const History& history) : history_(history) {
    ReplayItem all;
    for (std::size_t i = 0; i < history.partitions.size(); ++i) {
      all.partitions.push_back(name_of(i));
    }
    items_.push_back(std::move(all));
    std::vector<std::int64_t> at(history.partitions.size(), 0);
    for (const auto& commit : history.commits) {
      for (const auto& [partition, next] : commit.next) {
        for (; at[partition] < next; ++at[partition]) record(partition, at[partition]);
      }
      tick(commit);
    }
  }

  Result<bool> next(ReplayItem& item) override {
    if (next_ == items_.size()) return false;
    item = items_[next_++];
    return true;
  }

 private:
  void record(std::size_t partition, std::int64_t offset) {
    const RecordSpec& spec = history_.partitions[partition][static_cast<std::size_t>(offset)];
    ReplayItem item;
    item.partition = name_of(partition);
    item.record.offset = offset;
    item.record.timestamp = event_time_ms(spec.stamp);
    item.record.log_append_time = spec.log_append;
    item.record.value = spec.value;
    items_.push_back(std::move(item));
  }

  void tick(const CommitNote& commit) {
    if (commit.idle.empty() && !commit.clock_ms) return;
    ReplayItem item;
    item.tick.emplace();
    for (const auto partition : commit.idle) item.tick->idle.push_back(name_of(partition));
    if (commit.clock_ms) item.tick->clock = event_time_ms(*commit.clock_ms);
    items_.push_back(std::move(item));
  }

  const History& history_;
  std::vector<ReplayItem> items_;
  std::size_t next_ = 0;
};

struct Left {
  struct Told {
    std::string words;
    bool by_pane = false;
    std::int64_t start_ms = 0;  // of its window
  };
  std::map<std::string, Told> alerts;  // by id
  Counts counts;
};

Left left_in(const Store& store, const Version& version) {
  Left left;
  const auto read = StateView(store, version.rules).alerts([&](const Alert& alert) {
    const auto of = std::find_if(version.specs.begin(), version.specs.end(),
                                 [&](const auto& spec) { return spec.name == alert.rule; });
    left.alerts[alert.id] = {
        fmt::format("{} {} {} from {} to {}", alert.rule,
                    alert.group.empty() ? "" : alert.group.front().second, alert.rung,
                    to_ms(alert.window.start), to_ms(alert.window.end)),
        of->rolling() || of->judged(), to_ms(alert.window.start)};
    return true;
  });
  const auto counts = store.get(key::meta("counts"));
  if (!read || !counts || (*counts && !left.counts.decode(**counts))) {
    throw std::runtime_error("a state that was just written cannot be read");
  }
  return left;
}

// In one thread, as the world itself. False: it never ends.
bool replay(const World& world, const Version& version, MemoryStore& store) {
  Random random(world.plan().options.seed, 6);
  StateLimits limits;
  limits.retention = world.plan().limits.retention;
  limits.lateness = world.plan().limits.lateness;
  limits.out_of_order = world.plan().limits.out_of_order;
  NoAlertLog alert_log;
  auto state = std::move(*State::open({.store = store,
                                       .rules = version.rules,
                                       .fallback = {},
                                       .alert_log = alert_log,
                                       .limits = limits}));
  Recording recording(world.history());
  const auto workers = static_cast<unsigned>(random.between(1, 3));
  ReplaySource source(recording, workers);
  ManualClock clock;
  NoLog log;
  NoTeller teller;
  Engine engine({.sources = {{&source, Format::automatic, workers, false}},
                 .aggregator = {.rules = version.rules,
                                .prices = prices(version.prices),
                                .cost = CostChoice::computed,
                                .ids = state->ids(),
                                .seed = state->seed(),
                                .max_future = world.plan().max_future,
                                .out_of_order = limits.out_of_order,
                                .retention = limits.retention,
                                .lateness = limits.lateness},
                 .state = *state,
                 .teller = teller,
                 .clock = clock,
                 .log = log,
                 .quarantine = {},
                 .batch = {random.pick<std::size_t>({1, 3, 17, 10'000}), Millis{20}},
                 .live = false,
                 .replay_tick = [&](auto number, auto& of) { return source.tick(number, of); },
                 .identify = {}});
  Result<void> done = engine.start();
  std::vector<bool> ended(workers, false);
  for (int turns = 0; done && !engine.over(); ++turns) {
    if (turns > kTurnsAgainMax) return false;
    const auto turn = static_cast<std::size_t>(random.below(workers + 1));
    if (turn == workers) {
      done = engine.turn(Millis{0});
    } else if (!ended[turn]) {
      ended[turn] = !engine.turn_worker(turn, Millis{0});
    }
  }
  if (!done) throw std::runtime_error("a recording is refused: " + done.error().message);
  return true;
}

}  // namespace

std::vector<std::string> check_again(const World& world) {
  const Truth truth = truth_of(world.history());
  if (world.plan().reload > 0 || !truth.overflowed.empty()) return {};
  const Version& version = *world.history().commits.back().version;
  MemoryStore store;
  if (!replay(world, version, store)) return {"a second run never ends"};
  const Left once = left_in(world.store(), version), again = left_in(store, version);
  std::vector<std::string> faults;
  // A listed exception: what a tick ended before its records came depends on who came first.
  const bool passed =
      truth.counts[Count::dropped_state] > 0 || again.counts[Count::dropped_state] > 0;
  // Which of those before have left a store depends on how many commits there were, and when a rung
  // was reached on what else came in its commit.
  const std::int64_t kept_since = truth.watermark_ms == INT64_MIN
                                      ? INT64_MIN
                                      : truth.watermark_ms - world.plan().limits.retention.count();
  const auto compare = [&](const Left& one, const Left& other, const char* what) {
    for (const auto& [id, told] : one.alerts) {
      if (other.alerts.contains(id) || (told.by_pane && passed) || told.start_ms < kept_since)
        continue;
      faults.push_back(what + told.words);
    }
  };
  compare(once, again, "not told in a second run: ");
  compare(again, once, "told in a second run alone: ");
  for (const auto count : {Count::records, Count::events, Count::duplicates, Count::late}) {
    if (once.counts[count] == again.counts[count]) continue;
    faults.push_back(fmt::format("a second run counts {}, not {} (count {})", again.counts[count],
                                 once.counts[count], static_cast<int>(count)));
  }
  if (once.counts.cost != again.counts.cost) faults.push_back("a second run costs another sum");
  return faults;
}

}  // namespace tocsin::sim
