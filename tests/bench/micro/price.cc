// SPDX-License-Identifier: Apache-2.0
// What an Event costs.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <utility>

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

// By the whole built-in list: cached tokens, a history, tiers, variants.
void price_built_in(benchmark::State& state) {
  const PriceList list = std::move(*PriceList::built_in());
  Pricer pricer(list);
  std::array<Event, 4> events;
  const char* const models[] = {"gpt-4o-mini", "gpt-5.6-sol", "claude-sonnet-4-5-20250929",
                                "gemini-2.5-pro"};
  const char* const providers[] = {"openai", "openai", "anthropic", "google"};
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].provider = providers[i];
    events[i].model = models[i];
    events[i].has_usage = true;
    events[i].usage[Unit::input] = 1176;
    events[i].usage[Unit::cache_read] = 1024;
    events[i].usage[Unit::output] = 300;
  }
  events[1].service_tier = "batch";
  Cost cost;
  Money total;
  std::size_t i = 0;
  for (auto _ : state) {
    pricer.price(events[i++ % events.size()], event_time_ms(1795168800000), CostChoice::computed,
                 cost);
    total += cost.amount;
  }
  benchmark::DoNotOptimize(total);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

// What every command does first.
void load_built_in(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(PriceList::built_in());
}

BENCHMARK(price);
BENCHMARK(price_built_in);
BENCHMARK(load_built_in);

}  // namespace
}  // namespace tocsin::bench
