// SPDX-License-Identifier: Apache-2.0
// What the state thread does: deltas to cells, and the commit of 10,000 of them.
#include <benchmark/benchmark.h>

#include "rocks/rocks_store.h"
#include "state/memory_store.h"
#include "state/state.h"
#include "support/alert_logs.h"
#include "support/rules.h"
#include "support/temporary_directory.h"
#include "tocsin/group.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kDeltas = 10'000;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kStart = 20'400 * kDay;

// A state with one rule, user and day, and deltas of users that come in a stirred order.
class Committer {
 public:
  Committer(Store& store, std::size_t users, std::size_t hot_bytes) : users_(users) {
    StateLimits limits;
    limits.hot_bytes = hot_bytes;
    auto opened = State::open(
        {.store = store, .rules = rules_, .fallback = {}, .alert_log = log_, .limits = limits});
    if (!opened) throw std::runtime_error(opened.error().message);
    state_ = std::move(*opened);
    partition_ = state_->add_partition({"requests", 0});
    for (std::size_t i = 0; i < users_; i += kDeltas) {
      fold(i);
      commit();
    }
  }

  void fold(std::size_t from) {
    fold_.clear();
    for (std::size_t i = from; i < from + kDeltas; ++i) {
      // A prime, so that all users come in turn.
      const std::string user = "user-" + std::to_string(1'000'000'000 + i * 7'919'999 % users_);
      group_.clear();
      append_group_value(group_, user);
      Delta delta;
      delta.at = kStart;
      delta.group = group_;
      delta.amount = 1'000;
      delta.requests = 1;
      delta.latest = event_time_ms(kStart);
      fold_.add(delta);
    }
  }
  void commit() {
    StreamTime::Saved time;
    time.now = event_time_ms(kStart);
    const Progress progress{partition_, {++offset_, offset_ - 1, 0}, 0, time};
    const Work work{fold_.deltas(), {}, std::span(&progress, 1), nullptr};
    auto committed = state_->commit({.work = std::span(&work, 1)});
    if (!committed) throw std::runtime_error(committed.error().message);
  }

 private:
  std::size_t users_;
  std::vector<Rule> rules_{user_day_rule("user-day", 1'000'000 * power_of_ten(12))};
  NoAlertLog log_;
  std::unique_ptr<State> state_;
  std::uint32_t partition_ = 0;
  std::int64_t offset_ = 0;
  std::string group_;
  Fold fold_{7};
};

void run(benchmark::State& state, Committer& committer) {
  std::size_t from = 0;
  for (auto _ : state) {
    state.PauseTiming();
    committer.fold(from += kDeltas);
    state.ResumeTiming();
    committer.commit();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kDeltas));
}

// An iteration is a commit, into a store that keeps nothing: what it costs but for RocksDB. The
// argument: groups, all of them hot.
void commit_hot(benchmark::State& state) {
  MemoryStore nowhere([](std::string_view) { return false; });
  Committer committer(nowhere, static_cast<std::size_t>(state.range(0)), std::size_t{4} << 30);
  run(state, committer);
}

// With RocksDB, and memory for a tenth of the million groups: nine of ten are read and evicted.
void commit_misses(benchmark::State& state) {
  const TemporaryDirectory folder;
  auto store = RocksStore::open(folder.path() + "/state", std::size_t{64} << 20);
  if (!store) throw std::runtime_error(store.error().message);
  Committer committer(**store, 1'000'000, std::size_t{10} << 20);
  run(state, committer);
}

BENCHMARK(commit_hot)->Arg(10'000)->Arg(1'000'000)->Iterations(200);
BENCHMARK(commit_misses)->Iterations(50);

}  // namespace
}  // namespace tocsin::bench
