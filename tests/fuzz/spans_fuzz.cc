// SPDX-License-Identifier: Apache-2.0
// OpenTelemetry's spans. With an odd first byte the rest is a record, whatever it is; with an even
// one it makes spans, which are written in both encodings and must be read the same.
#include <string>

#include "bytes.h"
#include "event/spans.h"
#include "told.h"

namespace tocsin::fuzz {
namespace {

const char* const kKeys[] = {"gen_ai.operation.name",
                             "gen_ai.system",
                             "gen_ai.provider.name",
                             "gen_ai.request.model",
                             "gen_ai.response.model",
                             "gen_ai.usage.input_tokens",
                             "gen_ai.usage.prompt_tokens",
                             "gen_ai.usage.output_tokens",
                             "gen_ai.usage.cache_read.input_tokens",
                             "gen_ai.usage.cache_creation_input_tokens",
                             "gen_ai.usage.reasoning_tokens",
                             "gen_ai.usage.audio.input_tokens",
                             "gen_ai.usage.audio.cache_read.input_tokens",
                             "gen_ai.usage.audio.output_tokens",
                             "gen_ai.usage.cost",
                             "gen_ai.usage.input_cost",
                             "gen_ai.usage.output_cost",
                             "openinference.span.kind",
                             "traceloop.span.kind",
                             "llm.request.type",
                             "user.id",
                             "session.id",
                             "service.name",
                             "team.id",
                             "deployment.environment",
                             "error.type",
                             "http.response.status_code",
                             "trace.metadata.Team",
                             "traceloop.association.properties.x",
                             "gen_ai.prompt"};

const char* const kWords[] = {"chat", "embeddings", "invoke_agent", "LLM", "openai", "429",
                              "12",   "-1",         "1e3",          "",    "null"};

SpanSample::Value value(Bytes& bytes) {
  switch (bytes.below(5)) {
    case 0: return std::string(kWords[bytes.below(std::size(kWords))]);
    case 1: return bytes.signed_number();
    case 2: return static_cast<double>(bytes.signed_number()) / 1e9;
    case 3: return bytes.flag();
    default: {
      std::string text = bytes.text();
      for (char& c : text) c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
      return text;
    }
  }
}

SpanSample::Attributes attributes(Bytes& bytes) {
  SpanSample::Attributes all;
  for (std::size_t left = bytes.below(12); left > 0; --left) {
    // One after the other: in which order arguments are made, compilers differ.
    const char* const key = kKeys[bytes.below(std::size(kKeys))];
    all.emplace_back(key, value(bytes));
  }
  return all;
}

SpansSample sample(Bytes& bytes) {
  SpansSample made{attributes(bytes), {}};
  for (std::size_t left = 1 + bytes.below(4); left > 0; --left) {
    SpanSample span;
    span.start = bytes.number() / 16;
    span.end = bytes.number() / 16;
    span.status = static_cast<int>(bytes.below(3));
    span.attributes = attributes(bytes);
    made.spans.push_back(std::move(span));
  }
  return made;
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 64 * 1024) return 0;
  fuzz::Bytes bytes(data, size);
  if (bytes.flag()) {
    const std::string_view record = bytes.rest();
    const std::string fixed = fuzz::told_of(record, Format::otlp_proto).all;
    const std::string found = fuzz::told_of(record, Format::automatic).all;
    if (fixed != "refused\n.\n" && !record.empty() && record[0] == '\n') {
      fuzz::expect(found == fixed || found.starts_with("refused"),
                   "spans are found out to be spans, or are JSON");
    }
    return 0;
  }
  const SpansSample sample = fuzz::sample(bytes);
  const std::string proto = fuzz::told_of(sample.proto(), Format::automatic).all;
  fuzz::expect_same(proto, fuzz::told_of(sample.json(), Format::automatic).all,
                    "spans in protobuf and in JSON");
  return 0;
}
