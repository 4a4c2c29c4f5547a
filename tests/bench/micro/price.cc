// SPDX-License-Identifier: Apache-2.0
// What an Event costs.
#include <benchmark/benchmark.h>

#include "samples.h"

namespace tocsin::bench {
namespace {

void price(benchmark::State& state) {
  const Events events;
  const PriceList list = prices();
  Pricer pricer(list);
  Cost cost;
  Money total;
  std::size_t i = 0;
  for (auto _ : state) {
    const Event& event = events[i++];
    pricer.price(event, *event.time, CostChoice::computed, cost);
    total += cost.amount;
  }
  benchmark::DoNotOptimize(total);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(price);

}  // namespace
}  // namespace tocsin::bench
