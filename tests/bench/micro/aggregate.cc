// SPDX-License-Identifier: Apache-2.0
// The whole of stage 1: records to a batch, as a decode worker does it.
#include <benchmark/benchmark.h>

#include "pipeline/aggregator.h"
#include "samples.h"
#include "state/memory_store.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kBatchEvents = 10'000;

// An iteration is an event; ids come once only. The argument: of the five rules, how many.
void aggregate(benchmark::State& state) {
  const auto samples = records(Wire::native, 200'000);
  const PriceList list = prices();
  auto some = rules();
  some.resize(static_cast<std::size_t>(state.range(0)));
  const MemoryStore store;
  IdSet ids(store, {});
  Aggregator aggregator(
      {.rules = some, .prices = list, .ids = ids, .seed = 1, .lateness = std::nullopt});
  aggregator.add_lane({0, "requests", Format::automatic, {}});
  Batch batch(1);
  std::size_t cells = 0;
  Record record;
  for (auto _ : state) {
    const auto at = static_cast<std::size_t>(record.offset);
    record.value = samples[at % samples.size()];
    record.timestamp = event_time_ms(1'794'960'000'000 + record.offset / 17);
    if (at % 512 == 0) aggregator.begin_records();
    aggregator.take(record, 0, batch);
    ++record.offset;
    if (batch.records < kBatchEvents) continue;
    cells += batch.fold.deltas().size();
    batch.clear();
  }
  benchmark::DoNotOptimize(cells);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(aggregate)->Arg(3)->Arg(5)->Iterations(200'000);

}  // namespace
}  // namespace tocsin::bench
