// SPDX-License-Identifier: Apache-2.0
// What each gateway sends, from its bytes to its dollars.
#include <catch2/catch.hpp>
#include <string>

#include "event/decoder.h"
#include "event/gateway_samples.h"
#include "priced.h"

using namespace tocsin;

namespace {

struct Sample {
  const char* name;
  const char* record;
  const char* dollars;
  Format format = Format::automatic;
};

// Dollars per million: gpt-4o 2.50 in, 1.25 cached, 10 out; claude-sonnet-4-5 3 in, 0.30 cached,
// 3.75 and 6 written, 15 out, 0.01 a search; gemini-2.5-pro 1.25 in, 0.125 cached, 10 out.
const Sample kSamples[] = {
    // 10 x 2.50 + 20 x 10 = 225
    {"LiteLLM",
     R"({"id":"chatcmpl-2299b6a2","call_type":"acompletion","status":"success","custom_llm_provider":"openai",
         "model":"gpt-4o","response_cost":0.000225,"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,
         "startTime":1766000068.28466,"endTime":1766000070.07935,"hidden_params":{},
         "metadata":{"usage_object":{"prompt_tokens":10,"completion_tokens":20,
           "prompt_tokens_details":{"cached_tokens":0}}}})",
     "0.000225"},
    // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
    {"OpenTelemetry",
     R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",
         "spanId":"eee19b7ec3c1b174","startTimeUnixNano":"1763700000000000000",
         "endTimeUnixNano":"1763700001794000000","attributes":[
           {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
           {"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},
           {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},
           {"key":"gen_ai.response.model","value":{"stringValue":"gpt-4o-2024-08-06"}},
           {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1200"}},
           {"key":"gen_ai.usage.output_tokens","value":{"intValue":"310"}},
           {"key":"gen_ai.usage.cache_read.input_tokens","value":{"intValue":"1024"}}]}]}]}]})",
     "0.00482"},
    // The same of OpenAI's own.
    {"OpenAI, chat",
     R"({"id":"chatcmpl-9x","object":"chat.completion","model":"gpt-4o-2024-08-06","usage":{
         "prompt_tokens":1200,"completion_tokens":310,"total_tokens":1510,
         "prompt_tokens_details":{"cached_tokens":1024}}})",
     "0.00482"},
    // And a search: + 10,000
    {"OpenAI, responses",
     R"({"provider":"openai","user":"u","response":{"id":"resp_1","model":"gpt-4o",
         "output":[{"type":"web_search_call","action":{"type":"search"}}],"usage":{
         "input_tokens":1200,"input_tokens_details":{"cached_tokens":1024},"output_tokens":310}}})",
     "0.01482"},
    // 176 x 3 + 1024 x 0.30 + 1500 x 3.75 + 500 x 6 + 310 x 15 + a search
    // = 528 + 307.2 + 5625 + 3000 + 4650 + 10,000 = 24110.2
    {"Anthropic",
     R"({"model":"claude-sonnet-4-5-20250929","usage":{"input_tokens":176,"cache_read_input_tokens":1024,
         "cache_creation_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":1500,
         "ephemeral_1h_input_tokens":500},"output_tokens":310,"server_tool_use":{
         "web_search_requests":1,"web_fetch_requests":0},"service_tier":"standard"}})",
     "0.0241102"},
    // 176 x 1.25 + 1024 x 0.125 + (210 + 100) x 10 = 220 + 128 + 3100 = 3448
    {"Gemini",
     R"({"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":1200,
         "cachedContentTokenCount":1024,"candidatesTokenCount":210,"thoughtsTokenCount":100,
         "totalTokenCount":1510,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1200}],
         "trafficType":"ON_DEMAND"}})",
     "0.003448"},
    // gemini-2.5-flash: 0.30 in, 0.03 cached, 2.50 out, audio 1, cached 0.10. 1000 = 400 cached, of
    // it 150 audio, + 600, of it 250 - 150 audio:
    // 500 x 0.30 + 250 x 0.03 + 150 x 0.10 + 100 x 1 + 20 x 2.50
    // = 150 + 7.5 + 15 + 100 + 50 = 322.5
    {"Gemini, cached audio",
     R"({"modelVersion":"gemini-2.5-flash","usageMetadata":{"promptTokenCount":1000,
         "cachedContentTokenCount":400,"candidatesTokenCount":20,
         "promptTokensDetails":[{"modality":"TEXT","tokenCount":750},{"modality":"AUDIO","tokenCount":250}],
         "cacheTokensDetails":[{"modality":"AUDIO","tokenCount":150}]}})",
     "0.0003225"},
    // gemini-2.5-flash-image: 0.30 in, images as text; 2.50 out, images 30.
    // (42 + 258) x 0.30 + 10 x 2.50 + 1290 x 30 = 90 + 25 + 38,700 = 38,815
    {"Gemini, an image",
     R"({"modelVersion":"gemini-2.5-flash-image","usageMetadata":{"promptTokenCount":300,
         "candidatesTokenCount":1300,"promptTokensDetails":[{"modality":"IMAGE","tokenCount":258},
         {"modality":"TEXT","tokenCount":42}],"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}})",
     "0.038815"},
    // gpt-realtime-mini: 0.60 in, 0.06 cached; images 0.80, 0.08 cached; audio 10, 0.30
    // cached; 2.40
    // out, audio 20. 200 x 0.60 + 200 x 0.06 + 50 x 0.80 + 50 x 0.08 + 150 x 10 + 350 x 0.30
    // + 30 x 2.40 + 91 x 20 = 120 + 12 + 40 + 4 + 1500 + 105 + 72 + 1820 = 3673
    {"OpenAI, Realtime",
     R"({"provider":"openai","model":"gpt-realtime-mini","response":{"id":"resp_1","usage":{
         "total_tokens":1121,"input_tokens":1000,"output_tokens":121,
         "input_token_details":{"text_tokens":400,"audio_tokens":500,"image_tokens":100,
           "cached_tokens":600,"cached_tokens_details":{"text_tokens":200,"audio_tokens":350,
           "image_tokens":50}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}}})",
     "0.003673"},
    // gpt-image-1.5: 5 in, images 8; 10 out, images 32. 40 x 5 + 194 x 8 + 100 x 10 + 1056 x 32
    // = 200 + 1552 + 1000 + 33,792 = 36,544
    {"OpenAI, an image",
     R"({"provider":"openai","model":"gpt-image-1.5","response":{"created":1763700000,"usage":{
         "total_tokens":1390,"input_tokens":234,"output_tokens":1156,
         "input_tokens_details":{"text_tokens":40,"image_tokens":194},
         "output_tokens_details":{"text_tokens":100,"image_tokens":1056}}}})",
     "0.036544"},
    // Anthropic's prices and a tenth of them: 176 x 3 + 1024 x 0.30 + 310 x 15 = 528 + 307.2 + 4650
    {"Bedrock's words, whoever sells it",
     R"({"provider":"anthropic","model":"claude-sonnet-4-5","response":{"usage":{"inputTokens":176,
         "outputTokens":310,"totalTokens":1510,"cacheReadInputTokens":1024}}})",
     "0.0054852"},
    // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
    {"APISIX", samples::kApisix, "0.00482"},
    // 28 x 2.50 + 20 x 10 = 70 + 200 = 270, whatever its configuration made of it
    {"Kong", samples::kKong, "0.00027"},
    // Of gpt-4o-mini, 0.15 in and 0.60 out: 15 x 0.15 + 7 x 0.60 = 2.25 + 4.20 = 6.45
    {"Envoy AI Gateway", samples::kEnvoy, "0.00000645"},
    // 1200 x 2.50 + 310 x 10 = 3000 + 3100 = 6100, which are its 0.61 cents
    {"Portkey", samples::kPortkey, "0.0061"},
    // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 4820, which is its total
    {"Langfuse", samples::kLangfuse, "0.00482"},
    // 1200 x 3 + 310 x 15 = 3600 + 4650 = 8250, which is what it says itself
    {"OpenRouter",
     R"({"id":"gen-1","model":"anthropic/claude-sonnet-4.5","usage":{"prompt_tokens":1200,
         "completion_tokens":310,"total_tokens":1510,"cost":0.00825,"is_byok":false,
         "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0}}})",
     "0.00825"},
    // The same as the format's name says it, at OpenRouter's prices: 3 in, 15 out
    {"OpenRouter, named", samples::kOpenRouter, "0.00825", Format::openrouter},
    // 10 x 2.50 + 20 x 10 = 225
    {"Helicone's webhook",
     R"({"request_id":"r-1","model":"gpt-4o","provider":"OPENAI","request_body":"{...}",
         "response_body":"{...}","request_response_url":"https://s3","metadata":{"cost":0.000225,
         "promptTokens":10,"completionTokens":20,"totalTokens":30,"latencyMs":1794}})",
     "0.000225"},
    // 1176 x 2.50 + 1024 x 1.25 + 300 x 10 = 2940 + 1280 + 3000 = 7220
    {"Helicone's topic",
     R"({"authorization":"","heliconeMeta":{"gatewayProvider":"openai","gatewayModel":"gpt-4o"},
         "log":{"request":{"id":"r"},"response":{"promptTokens":1176,"promptCacheReadTokens":1024,
         "completionTokens":300,"reasoningTokens":120}}})",
     "0.00722"},
    {"A CloudEvent of the native event",
     R"({"specversion":"1.0","id":"c","source":"/g","type":"t","data":{"provider":"openai",
         "model":"gpt-4o","usage":{"input":1176,"cache_read":1024,"output":300}}})",
     "0.00722"},
};

struct Priced final : Decoder::Sink {
  explicit Priced(const PriceList& list) : prices(list) {}
  void event(const Event& event) override {
    const Cost cost = cost_of(prices, event, event.time.value_or(kNow));
    CHECK(cost.basis == CostBasis::computed);
    CHECK(cost.unpriced.empty());
    dollars.push_back(cost.amount.text());
  }
  void quarantined(const Quarantined& bad) override { FAIL_CHECK(bad.detail); }

  const PriceList& prices;
  std::vector<std::string> dollars;
};

}  // namespace

TEST_CASE("What a gateway sends costs what its tokens cost, each counted once") {
  const auto prices = PriceList::built_in();
  REQUIRE(prices);
  for (const Sample& sample : kSamples) {
    INFO(sample.name);
    Decoder decoder;
    Priced priced(*prices);
    decoder.begin_batch();
    decoder.decode(sample.record, sample.format, priced);
    CHECK(priced.dollars == std::vector<std::string>{sample.dollars});
  }
}

// Alibaba Cloud's prices are on no list we know: unpriced by name, and never $0. With the user's
// file, 0.05 in, 0.02 cached, 0.20 out: (10 - 8) x 0.05 + 8 x 0.02 + 69 x 0.20
// = 0.10 + 0.16 + 13.80 = 14.06; the 25 of reasoning are within the 69.
TEST_CASE("Higress: a model that is on no list is unpriced until a file of the user's names it") {
  struct Costs final : Decoder::Sink {
    explicit Costs(const PriceList& list) : prices(list) {}
    void event(const Event& event) override {
      CHECK(event.provider == "alibaba");
      cost = cost_of(prices, event, event.time.value_or(kNow));
    }
    void quarantined(const Quarantined& bad) override { FAIL_CHECK(bad.detail); }
    const PriceList& prices;
    Cost cost;
  };
  const auto cost = [](const PriceList& prices) {
    Decoder decoder;
    Costs costs(prices);
    decoder.begin_batch();
    decoder.decode(samples::kHigress, Format::automatic, costs);
    return costs.cost;
  };
  const auto built_in = PriceList::built_in();
  REQUIRE(built_in);
  CHECK(cost(*built_in).basis == CostBasis::unpriced);
  const PriceFile file(R"(version: 1
provider: alibaba
models:
  - model: qwen-turbo
    match: [{equals: qwen-turbo}]
    prices:
      - per_mtok: {input: 0.05, cache_read: 0.02, output: 0.2}
)");
  const auto with_file = file.load();
  REQUIRE(with_file);
  CHECK(cost(*with_file).basis == CostBasis::computed);
  CHECK(cost(*with_file).amount.text() == "0.00001406");
}
