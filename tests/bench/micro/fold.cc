// SPDX-License-Identifier: Apache-2.0
// Amounts to deltas, in batches of 10,000 events of five rules; three batches take turns, as they
// do between a worker and the state thread.
#include "alert/fold.h"

#include <benchmark/benchmark.h>

#include <array>

#include "rule/matcher.h"
#include "samples.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kBatchEvents = 10'000;
constexpr std::size_t kEvents = 60'000;

// An iteration is an event.
void fold(benchmark::State& state) {
  const Events events(Wire::native, kEvents);
  const auto five = rules();
  Matcher matcher(five);
  std::vector<std::uint32_t> matching;
  std::vector<std::string> groups;
  struct Row {
    std::uint32_t rule;
    std::string_view group;
  };
  std::vector<std::vector<Row>> rows(events.all().size());
  groups.reserve(rows.size() * five.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    matcher.match({events[i], "requests"}, matching);
    for (const std::uint32_t rule : matching) {
      matcher.append_group(rule, groups.emplace_back());
      rows[i].push_back({rule, groups.back()});
    }
  }
  std::array<Fold, 3> batches{Fold(1), Fold(1), Fold(1)};
  std::size_t cells = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const auto& row = rows[i % rows.size()];
    Fold& batch = batches[i / kBatchEvents % batches.size()];
    for (const auto& [rule, group] : row) {
      Delta delta;
      delta.rule = rule;
      delta.group = group;
      delta.amount = 1;
      delta.requests = 1;
      delta.latest = events[i].time.value();
      batch.add(delta);
    }
    if (++i % kBatchEvents != 0) continue;
    cells += batch.deltas().size();
    batches[i / kBatchEvents % batches.size()].clear();
  }
  benchmark::DoNotOptimize(cells);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(fold);

}  // namespace
}  // namespace tocsin::bench
