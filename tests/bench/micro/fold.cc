// SPDX-License-Identifier: Apache-2.0
// Amounts to deltas, in batches of 10,000 events of five rules.
#include "alert/fold.h"

#include <benchmark/benchmark.h>

#include "rule/matcher.h"
#include "samples.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kBatchEvents = 10'000;

// An iteration is an event.
void fold(benchmark::State& state) {
  const Events events;
  const auto five = rules();
  Matcher matcher(five);
  std::vector<std::uint32_t> matching;
  struct Row {
    std::uint32_t rule;
    std::string group;
  };
  std::vector<std::vector<Row>> rows;
  for (const Event& event : events.all()) {
    matcher.match({event, "requests"}, matching);
    auto& row = rows.emplace_back();
    for (const std::uint32_t rule : matching) {
      matcher.append_group(rule, row.emplace_back(Row{rule, {}}).group);
    }
  }
  Fold batch(1);
  std::size_t cells = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    const Event& event = events[i];
    for (const Row& row : rows[i % rows.size()]) {
      batch.add(row.rule, 0, row.group, 1, *event.time);
    }
    if (++i % kBatchEvents != 0) continue;
    cells += batch.deltas().size();
    batch.clear();
  }
  benchmark::DoNotOptimize(cells);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(fold);

}  // namespace
}  // namespace tocsin::bench
