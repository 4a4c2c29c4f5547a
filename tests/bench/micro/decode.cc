// SPDX-License-Identifier: Apache-2.0
// Bytes to an Event, its format found out.
#include <benchmark/benchmark.h>

#include "samples.h"

namespace tocsin::bench {
namespace {

struct Count final : Decoder::Sink {
  void event(const Event& event) override { tokens += event.usage.input_tokens(); }
  void quarantined(const Quarantined&) override { ++bad; }
  std::int64_t tokens = 0;
  std::uint64_t bad = 0;
};

void decode(benchmark::State& state, Wire wire) {
  const auto samples = records(wire);
  Decoder decoder;
  Count count;
  std::size_t i = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string& record = samples[i];
    if (++i == samples.size()) {
      i = 0;
      decoder.begin_batch();
    }
    decoder.decode(record, Format::automatic, count);
    bytes += record.size();
  }
  benchmark::DoNotOptimize(count.tokens);
  if (count.bad != 0) state.SkipWithError("a sample is not read");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

BENCHMARK_CAPTURE(decode, native, Wire::native);
BENCHMARK_CAPTURE(decode, helicone, Wire::helicone);

}  // namespace
}  // namespace tocsin::bench
