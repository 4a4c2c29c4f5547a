// SPDX-License-Identifier: Apache-2.0
// What OpenTelemetry's exporters send, from its bytes to picodollars. $1 per million tokens is
// 1,000,000 picodollars a token; products below are in millionths of a dollar.
#include <catch2/catch.hpp>
#include <string>

#include "event/spans.h"
#include "priced_record.h"

using namespace tocsin;

namespace {

using Attributes = SpanSample::Attributes;

constexpr std::uint64_t kNovember2026 = 1795168800000000000;  // 2026-11-20T10:00:00Z

SpansSample span_of(Attributes attributes, Attributes resource = {}) {
  SpanSample span;
  span.attributes = std::move(attributes);
  return {std::move(resource), {std::move(span)}};
}

// The same in both encodings.
PricedEvent priced_span(const SpansSample& sample) {
  const PricedEvent json = priced(sample.json());
  const PricedEvent proto = priced(sample.proto());
  CHECK(json.format == "otlp_json");
  CHECK(proto.format == "otlp_proto");
  CHECK(json.model == proto.model);
  CHECK(json.counts == proto.counts);
  CHECK(json.who == proto.who);
  CHECK(json.rest == proto.rest);
  CHECK(json.basis == proto.basis);
  CHECK(json.cost == proto.cost);
  return json;
}

}  // namespace

TEST_CASE("OpenTelemetry: the input includes what was cached, and integers are texts in JSON") {
  const std::string json = R"({"resourceSpans":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"checkout-bot"}},
      {"key":"deployment.environment.name","value":{"stringValue":"prod"}}]},
    "scopeSpans":[{"scope":{"name":"opentelemetry.instrumentation.openai_v2","version":"2.3b0"},
     "spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":"",
      "name":"chat gpt-4o","kind":3,"startTimeUnixNano":"1763700000000000000",
      "endTimeUnixNano":"1763700001794000000","attributes":[
       {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
       {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
       {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},
       {"key":"gen_ai.response.model","value":{"stringValue":"gpt-4o-2024-08-06"}},
       {"key":"gen_ai.response.id","value":{"stringValue":"chatcmpl-9x"}},
       {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1200"}},
       {"key":"gen_ai.usage.output_tokens","value":{"intValue":"310"}},
       {"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"1024"}}],
      "status":{"code":0}}]}],"schemaUrl":"https://opentelemetry.io/schemas/1.41.0"}]})";
  const auto check = [](const PricedEvent& event) {
    CHECK(event.model == "openai/gpt-4o-2024-08-06");
    CHECK(event.counts == "176 input, 1024 cache_read, 310 output");  // 1200 - 1024 = 176
    // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
    CHECK(event.cost == 4'820'000'000);
    CHECK(event.basis == "computed");
    CHECK(event.who == "service checkout-bot, environment prod");
    CHECK(event.rest ==
          "id 5b8efff798038103d269b633813fc60ceee19b7ec3c1b174, of otlp, chat, 1794 ms, "
          "at 1763700001794");
  };
  check(priced(json));
  check(priced_span(
      span_of({{"gen_ai.operation.name", "chat"},
               {"gen_ai.provider.name", "openai"},
               {"gen_ai.request.model", "gpt-4o"},
               {"gen_ai.response.model", "gpt-4o-2024-08-06"},
               {"gen_ai.response.id", "chatcmpl-9x"},
               {"gen_ai.usage.input_tokens", 1200},
               {"gen_ai.usage.output_tokens", 310},
               {"gen_ai.usage.cache_read.input_tokens", 1024}},
              {{"service.name", "checkout-bot"}, {"deployment.environment.name", "prod"}})));
}

TEST_CASE(
    "OpenTelemetry: Anthropic's input includes reads and writes, and its reasoning is output") {
  const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "chat"},
                                                 {"gen_ai.provider.name", "anthropic"},
                                                 {"gen_ai.request.model", "claude-sonnet-4-5"},
                                                 {"gen_ai.conversation.id", "conv-1"},
                                                 {"gen_ai.agent.name", "planner"},
                                                 {"user.id", "u-1"},
                                                 {"team.id", "payments"},
                                                 {"gen_ai.usage.input_tokens", 3200},
                                                 {"gen_ai.usage.cache_read.input_tokens", 1024},
                                                 {"gen_ai.usage.cache_creation.input_tokens", 2000},
                                                 {"gen_ai.usage.output_tokens", 310},
                                                 {"gen_ai.usage.reasoning.output_tokens", 120}}));
  // 3200 - 1024 - 2000 = 176
  CHECK(event.counts == "176 input, 1024 cache_read, 2000 cache_write, 310 output, 120 reasoning");
  // 176 x 3 + 1024 x 0.30 + 2000 x 3.75 + 310 x 15 = 528 + 307.2 + 7500 + 4650 = 12985.2
  CHECK(event.cost == 12'985'200'000);
  CHECK(event.who == "user u-1, team payments, agent planner, session conv-1");
}

TEST_CASE("OpenTelemetry: the names until 1.36, which SDKs still write") {
  const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "chat"},
                                                 {"gen_ai.system", "openai"},
                                                 {"gen_ai.request.model", "gpt-4o-mini"},
                                                 {"gen_ai.openai.response.service_tier", "default"},
                                                 {"enduser.id", "u-1"},
                                                 {"gen_ai.usage.prompt_tokens", 1000},
                                                 {"gen_ai.usage.completion_tokens", 200}},
                                                {{"deployment.environment", "staging"}}));
  CHECK(event.model == "openai/gpt-4o-mini");
  CHECK(event.counts == "1000 input, 200 output");
  // 1000 x 0.15 + 200 x 0.60 = 150 + 120 = 270
  CHECK(event.cost == 270'000'000);
  CHECK(event.who == "user u-1, environment staging");
}

TEST_CASE("OpenTelemetry: OpenInference's names, as Envoy AI Gateway and Phoenix write them") {
  const PricedEvent event =
      priced_span(span_of({{"openinference.span.kind", "LLM"},
                           {"llm.system", "openai"},
                           {"llm.model_name", "o3"},
                           {"llm.token_count.prompt", 1200},
                           {"llm.token_count.completion", 310},
                           {"llm.token_count.total", 1510},
                           {"llm.token_count.prompt_details.cache_read", 1024},
                           {"llm.token_count.completion_details.reasoning", 256},
                           {"llm.cost.total", 0.003344},
                           {"session.id", "s-1"},
                           {"user.id", "u-1"}}));
  CHECK(event.model == "openai/o3");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output, 256 reasoning");
  // 176 x 2 + 1024 x 0.50 + 310 x 8 = 352 + 512 + 2480 = 3344; the 256 are within the 310
  CHECK(event.cost == 3'344'000'000);
  CHECK(event.who == "user u-1, session s-1");
  CHECK(event.rest.ends_with("reported $0.003344"));
}

TEST_CASE("OpenTelemetry: Traceloop's names, and the properties that are hung on its spans") {
  const PricedEvent event =
      priced_span(span_of({{"llm.request.type", "chat"},
                           {"gen_ai.system", "Anthropic"},
                           {"gen_ai.request.model", "claude-sonnet-4-5"},
                           {"gen_ai.response.model", "claude-sonnet-4-5-20250929"},
                           {"gen_ai.usage.prompt_tokens", 3200},
                           {"gen_ai.usage.completion_tokens", 310},
                           {"gen_ai.usage.cache_read_input_tokens", 1024},
                           {"gen_ai.usage.cache_creation_input_tokens", 2000},
                           {"gen_ai.usage.reasoning_tokens", 120},
                           {"traceloop.association.properties.team", "growth"}}));
  CHECK(event.model == "anthropic/claude-sonnet-4-5-20250929");
  CHECK(event.counts == "176 input, 1024 cache_read, 2000 cache_write, 310 output, 120 reasoning");
  CHECK(event.cost == 12'985'200'000);  // 528 + 307.2 + 7500 + 4650
  CHECK(event.who == "team growth, team = growth");
}

TEST_CASE("OpenTelemetry: OpenLIT's names, and its cost, which is a price list's of its own") {
  const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "chat"},
                                                 {"gen_ai.system", "anthropic"},
                                                 {"gen_ai.request.model", "claude-haiku-4-5"},
                                                 {"gen_ai.usage.input_tokens", 1000},
                                                 {"gen_ai.usage.output_tokens", 100},
                                                 {"gen_ai.usage.cache_read_input_tokens", 600},
                                                 {"gen_ai.usage.cache_write_input_tokens", 300},
                                                 {"gen_ai.usage.cost", 0.0015}},
                                                {{"service.name", "bot"}}));
  CHECK(event.counts == "100 input, 600 cache_read, 300 cache_write, 100 output");
  // 100 x 1 + 600 x 0.10 + 300 x 1.25 + 100 x 5 = 100 + 60 + 375 + 500 = 1035, whatever it says
  CHECK(event.cost == 1'035'000'000);
  CHECK(event.basis == "computed");
  CHECK(event.rest.ends_with("reported $0.0015"));
}

TEST_CASE("OpenTelemetry: text, audio and images are parts of the input and of what was cached") {
  const PricedEvent event =
      priced_span(span_of({{"gen_ai.operation.name", "chat"},
                           {"gen_ai.provider.name", "openai"},
                           {"gen_ai.request.model", "gpt-realtime"},
                           {"gen_ai.usage.input_tokens", 1000},
                           {"gen_ai.usage.text.input_tokens", 400},
                           {"gen_ai.usage.audio.input_tokens", 500},
                           {"gen_ai.usage.image.input_tokens", 100},
                           {"gen_ai.usage.cache_read.input_tokens", 600},
                           {"gen_ai.usage.text.cache_read.input_tokens", 200},
                           {"gen_ai.usage.audio.cache_read.input_tokens", 350},
                           {"gen_ai.usage.image.cache_read.input_tokens", 50},
                           {"gen_ai.usage.output_tokens", 121},
                           {"gen_ai.usage.text.output_tokens", 30},
                           {"gen_ai.usage.audio.output_tokens", 91}}));
  CHECK(event.counts ==
        "200 input, 200 cache_read, 30 output, 150 input_audio, 91 output_audio, "
        "350 cache_audio_read, 50 cache_image_read, 50 input_image");
  // Text 200 x 4 + 200 x 0.40, audio 150 x 32 + 350 x 0.40, images 50 x 5 + 50 x 0.50,
  // out 30 x 16 + 91 x 64:
  // 800 + 80 + 4800 + 140 + 250 + 25 + 480 + 5824 = 12399
  CHECK(event.cost == 12'399'000'000);
  CHECK(event.unpriced.empty());
}

TEST_CASE("OpenTelemetry: an image that a model drew costs an image's tokens") {
  const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "generate_content"},
                                                 {"gen_ai.provider.name", "gcp.gemini"},
                                                 {"gen_ai.request.model", "gemini-2.5-flash-image"},
                                                 {"gen_ai.usage.input_tokens", 300},
                                                 {"gen_ai.usage.image.input_tokens", 258},
                                                 {"gen_ai.usage.output_tokens", 1300},
                                                 {"gen_ai.usage.image.output_tokens", 1290}}));
  CHECK(event.counts == "42 input, 10 output, 258 input_image, 1290 output_image");
  // (42 + 258) x 0.30 + 10 x 2.50 + 1290 x 30 = 90 + 25 + 38,700 = 38,815
  CHECK(event.cost == 38'815'000'000);
}

TEST_CASE("OpenTelemetry: an agent's span sums up those within it, and is not counted twice") {
  SpansSample sample = span_of({{"gen_ai.operation.name", "invoke_agent"},
                                {"gen_ai.provider.name", "openai"},
                                {"gen_ai.request.model", "gpt-4o"},
                                {"gen_ai.agent.name", "planner"},
                                {"gen_ai.usage.input_tokens", 300},
                                {"gen_ai.usage.output_tokens", 30}});
  for (const std::string operation : {"chat", "execute_tool", "chat", "embeddings"}) {
    SpanSample inner;
    inner.id = "eee19b7ec3c1b18" + std::to_string(sample.spans.size());
    inner.attributes = {
        {"gen_ai.operation.name", operation},
        {"gen_ai.provider.name", "openai"},
        {"gen_ai.request.model", operation == "embeddings" ? "text-embedding-3-small" : "gpt-4o"},
        {"gen_ai.usage.input_tokens", operation == "chat" ? 150 : 1000}};
    if (operation == "chat") inner.attributes.emplace_back("gen_ai.usage.output_tokens", 15);
    sample.spans.push_back(inner);
  }
  for (const std::string& bytes : {sample.json(), sample.proto()}) {
    const PricedRecord record(bytes);
    CHECK(record.set_aside.empty());
    CHECK(record.passed() == 2);  // the agent's, and the tool's
    REQUIRE(record.events.size() == 3);
    // 150 x 2.50 + 15 x 10 = 375 + 150 = 525, twice
    CHECK(record.events[0].cost == 525'000'000);
    CHECK(record.events[1].cost == 525'000'000);
    CHECK(record.events[2].cost == 20'000'000);  // 1000 x 0.02 = 20
  }
}

TEST_CASE(
    "OpenTelemetry: a tier has its own prices, and the response's comes before the request's") {
  SpansSample sample = span_of({{"gen_ai.operation.name", "chat"},
                                {"gen_ai.provider.name", "openai"},
                                {"gen_ai.request.model", "o3"},
                                {"openai.request.service_tier", "auto"},
                                {"openai.response.service_tier", "flex"},
                                {"gen_ai.usage.input_tokens", 1000},
                                {"gen_ai.usage.output_tokens", 100}});
  sample.spans[0].start = sample.spans[0].end = kNovember2026;
  const PricedEvent event = priced_span(sample);
  // 1000 x 1 + 100 x 4 = 1400, half of the standard 1000 x 2 + 100 x 8
  CHECK(event.cost == 1'400'000'000);
  CHECK(event.basis == "computed, flex");
}

TEST_CASE("OpenTelemetry: a cost sent along counts where no price is known, decimal as it is") {
  const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "chat"},
                                                 {"gen_ai.provider.name", "acme"},
                                                 {"gen_ai.request.model", "acme-1"},
                                                 {"gen_ai.usage.input_tokens", 1000},
                                                 {"gen_ai.usage.output_tokens", 100},
                                                 {"gen_ai.usage.input_cost", 0.1},
                                                 {"gen_ai.usage.output_cost", 0.2}}));
  CHECK(event.basis == "reported");
  CHECK(event.cost == 300'000'000'000);  // and not 300,000,000,000.00004
}

TEST_CASE("OpenTelemetry: its names of providers lead to their prices") {
  struct Known {
    const char *provider, *model;
    std::int64_t cost;  // of 1000 tokens in and 100 out
  };
  const Known known[] = {
      {"openai", "gpt-4o", 3'500'000'000},               // 1000 x 2.50 + 100 x 10
      {"azure.ai.openai", "gpt-4o", 3'500'000'000},      // as OpenAI
      {"azure.ai.inference", "gpt-4o", 3'500'000'000},   // the same
      {"anthropic", "claude-haiku-4-5", 1'500'000'000},  // 1000 x 1 + 100 x 5
      // In a region a tenth more: 1000 x 3.30 + 100 x 16.50
      {"aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", 4'950'000'000},
      {"gcp.gemini", "gemini-2.5-pro", 2'250'000'000},  // 1000 x 1.25 + 100 x 10
      {"gcp.gen_ai", "gemini-2.5-pro", 2'250'000'000},
      {"gcp.vertex_ai", "gemini-2.5-pro", 2'250'000'000},
      {"mistral_ai", "mistral-large", 2'600'000'000},  // 1000 x 2 + 100 x 6
      {"x_ai", "grok-4", 4'500'000'000},               // 1000 x 3 + 100 x 15
      {"xai", "grok-4", 4'500'000'000},
      {"moonshot_ai", "kimi-k2", 800'000'000},           // 1000 x 0.57 + 100 x 2.30
      {"deepseek", "deepseek-chat", 380'000'000},        // by day 1000 x 0.27 + 100 x 1.10
      {"groq", "llama-3.3-70b-versatile", 669'000'000},  // 1000 x 0.59 + 100 x 0.79
      {"perplexity", "sonar", 13'100'000'000},           // 1000 x 1 + 100 x 1, and 12,000 a request
      {"cohere", "command-r-plus", 3'500'000'000},       // 1000 x 2.50 + 100 x 10
  };
  for (const Known& one : known) {
    INFO(one.provider);
    const PricedEvent event = priced_span(span_of({{"gen_ai.operation.name", "chat"},
                                                   {"gen_ai.provider.name", one.provider},
                                                   {"gen_ai.request.model", one.model},
                                                   {"gen_ai.usage.input_tokens", 1000},
                                                   {"gen_ai.usage.output_tokens", 100}}));
    CHECK(event.cost == one.cost);
    CHECK(event.basis == "computed");
  }
}

TEST_CASE(
    "OpenRouter Broadcast: spans without an operation, whose reasoning is within the output") {
  const std::string json = R"({"resourceSpans":[{"resource":{"attributes":[
      {"key":"service.name","value":{"stringValue":"openrouter"}}]},"scopeSpans":[{"scope":{},
     "spans":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002",
      "startTimeUnixNano":"1763700000000000000","endTimeUnixNano":"1763700002000000000","attributes":[
       {"key":"gen_ai.request.model","value":{"stringValue":"anthropic/claude-sonnet-4.5"}},
       {"key":"gen_ai.response.model","value":{"stringValue":"anthropic/claude-sonnet-4.5"}},
       {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1200"}},
       {"key":"gen_ai.usage.output_tokens","value":{"intValue":"310"}},
       {"key":"gen_ai.usage.output_tokens.reasoning","value":{"intValue":"64"}},
       {"key":"gen_ai.usage.input_cost","value":{"doubleValue":0.0036}},
       {"key":"gen_ai.usage.output_cost","value":{"doubleValue":0.00465}},
       {"key":"gen_ai.usage.total_cost","value":{"doubleValue":0.00825}},
       {"key":"gen_ai.response.finish_reason","value":{"stringValue":"stop"}},
       {"key":"trace.metadata.openrouter.api_key_name","value":{"stringValue":"checkout-prod"}}]}]}]}]})";
  const PricedEvent event = priced(json);
  CHECK(event.counts == "1200 input, 310 output, 64 reasoning");
  // 1200 x 3 + 310 x 15 = 3600 + 4650 = 8250, which is what it says itself
  CHECK(event.cost == 8'250'000'000);
  CHECK(event.basis == "computed");
  CHECK(event.who == "service openrouter, key checkout-prod");
  CHECK(event.rest ==
        "id 000000000000000000000000000000010000000000000002, of otlp, 2000 ms, "
        "at 1763700002000, reported $0.00825");
  // What it sends to try the connection.
  for (const char* empty :
       {R"({"resourceSpans":[]})", R"({"resourceSpans":[{"scopeSpans":[]}]})"}) {
    const PricedRecord none(empty);
    CHECK(none.events.empty());
    CHECK(none.set_aside.empty());
  }
}
