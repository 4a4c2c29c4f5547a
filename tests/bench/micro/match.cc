// SPDX-License-Identifier: Apache-2.0
// The rules an Event belongs to, and its group under each.
#include "rule/matcher.h"

#include <benchmark/benchmark.h>

#include "samples.h"

namespace tocsin::bench {
namespace {

// The argument: rules beside the five that match.
void match(benchmark::State& state) {
  const Events events;
  Matcher matcher(rules(static_cast<std::size_t>(state.range(0))));
  std::vector<std::uint32_t> matching;
  std::string group;
  std::size_t bytes = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    matcher.match({events[i++], "requests"}, matching);
    for (const std::uint32_t rule : matching) {
      group.clear();
      matcher.append_group(rule, group);
      bytes += group.size();
    }
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

BENCHMARK(match)->Arg(0)->Arg(5)->Arg(995);

}  // namespace
}  // namespace tocsin::bench
