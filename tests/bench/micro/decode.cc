// SPDX-License-Identifier: Apache-2.0
// Bytes to an Event, its format found out.
#include <benchmark/benchmark.h>

#include <string>

#include "event/gateway_samples.h"
#include "event/spans.h"
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

// A batch of the collector's, of 50 requests as instrumentations describe them.
SpansSample spans() {
  SpansSample sample;
  sample.resource = {{"service.name", "checkout-bot"},
                     {"deployment.environment.name", "production"},
                     {"telemetry.sdk.language", "python"},
                     {"telemetry.sdk.version", "1.38.0"}};
  for (std::int64_t i = 0; i < 50; ++i) {
    SpanSample span;
    span.id = "eee19b7ec3c1b1" + std::to_string(10 + i);
    span.attributes = {{"gen_ai.operation.name", "chat"},
                       {"gen_ai.provider.name", "openai"},
                       {"gen_ai.request.model", "gpt-4o"},
                       {"gen_ai.response.model", "gpt-4o-2024-08-06"},
                       {"gen_ai.response.id", "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG"},
                       {"gen_ai.request.max_tokens", 4096},
                       {"gen_ai.request.temperature", 0.25},
                       {"server.address", "api.openai.com"},
                       {"gen_ai.usage.input_tokens", 1200 + i},
                       {"gen_ai.usage.output_tokens", 310},
                       {"gen_ai.usage.cache_read.input_tokens", 1024},
                       {"gen_ai.conversation.id", "conv_5j66UpCpwteGg4YSxUnt7lPY"},
                       {"user.id", "user-" + std::to_string(i)}};
    sample.spans.push_back(std::move(span));
  }
  return sample;
}

void decode_spans(benchmark::State& state, Format format) {
  const SpansSample sample = spans();
  const std::string record = format == Format::otlp_proto ? sample.proto() : sample.json();
  Decoder decoder;
  Count count;
  for (auto _ : state) {
    decoder.begin_batch();
    decoder.decode(record, Format::automatic, count);
  }
  benchmark::DoNotOptimize(count.tokens);
  if (count.bad != 0 || count.tokens == 0) state.SkipWithError("a sample is not read");
  const auto records = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(records * static_cast<std::int64_t>(sample.spans.size()));
  state.SetBytesProcessed(records * static_cast<std::int64_t>(record.size()));
}

void decode_mapped(benchmark::State& state, const char* sample, Format format) {
  const std::string record = sample;
  Decoder decoder;
  Count count;
  for (auto _ : state) {
    decoder.begin_batch();
    decoder.decode(record, format, count);
  }
  if (count.bad != 0 || count.tokens == 0) state.SkipWithError("a sample is not read");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(record.size()));
}

BENCHMARK_CAPTURE(decode_mapped, apisix, samples::kApisix, Format::apisix);
BENCHMARK_CAPTURE(decode_mapped, apisix_found_out, samples::kApisix, Format::automatic);
BENCHMARK_CAPTURE(decode_mapped, envoy_ai_gateway, samples::kEnvoy, Format::envoy_ai_gateway);
BENCHMARK_CAPTURE(decode_mapped, higress, samples::kHigress, Format::higress);
BENCHMARK_CAPTURE(decode_spans, otlp_proto, Format::otlp_proto);
BENCHMARK_CAPTURE(decode_spans, otlp_json, Format::otlp_json);
BENCHMARK_CAPTURE(decode, native, Wire::native);
BENCHMARK_CAPTURE(decode, helicone, Wire::helicone);

}  // namespace
}  // namespace tocsin::bench
