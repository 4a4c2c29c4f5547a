// SPDX-License-Identifier: Apache-2.0
// What gateways write, by the mapping files that are shipped, from their bytes to picodollars;
// products below are in millionths of a dollar.
#include "event/gateway_samples.h"

#include <catch2/catch.hpp>
#include <string>

#include "priced_record.h"

using namespace tocsin;

namespace {

std::string with(std::string text, const std::string& old, const std::string& put) {
  const std::size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), put);
}

// As `format: auto` and the format's own name read it, which must be the same.
PricedEvent both_ways(const std::string& record, Format format) {
  PricedEvent named = priced(record, format);
  const PricedEvent found = priced(record);
  CHECK(found.format == name(format));
  CHECK(found.model == named.model);
  CHECK(found.counts == named.counts);
  CHECK(found.who == named.who);
  CHECK(found.rest == named.rest);
  CHECK(found.cost == named.cost);
  return named;
}

}  // namespace

TEST_CASE(
    "APISIX: the prompt includes what was cached, times are milliseconds, the consumer pays") {
  const PricedEvent event = both_ways(samples::kApisix, Format::apisix);
  CHECK(event.model == "openai/gpt-4o-2024-08-06");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output");  // 1200 - 1024 = 176
  // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
  CHECK(event.cost == 4'820'000'000);
  CHECK(event.basis == "computed");
  CHECK(event.who == "user user-1, team team-a, key team-a, Route = ai-1");
  CHECK(event.rest == "of apisix, chat, 200, 1794 ms, at 1763700000760");
}

TEST_CASE("APISIX: several entries are an array, and entries of other routes are passed") {
  const std::string one = samples::kApisix;
  const PricedRecord record(
      "[" + one + R"(,{"start_time":1,"route_id":"web","response":{}},)" + one + "]",
      Format::apisix);
  CHECK(record.set_aside.empty());
  CHECK(record.passed() == 1);
  REQUIRE(record.events.size() == 2);
  CHECK(record.events[1].cost == 4'820'000'000);
}

TEST_CASE(
    "APISIX: with a log format of the user's own, whose counts are texts, what is left is read") {
  const PricedEvent event = both_ways(R"({"host":"gw","@timestamp":"2026-11-20T10:00:00Z",
    "llm_summary":{"request_model":"gpt-4o","prompt_tokens":"1200","completion_tokens":"310",
      "cache_read_input_tokens":"1024","cache_creation_input_tokens":"0","reasoning_tokens":"64"}})",
                                      Format::apisix);
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output, 64 reasoning");
  CHECK(event.cost == 4'820'000'000);  // 440 + 1280 + 3100; the 64 are within the 310
}

TEST_CASE(
    "Kong: its cost is by the prices in its configuration, and ours is what its tokens cost") {
  const PricedEvent event = both_ways(samples::kKong, Format::kong);
  CHECK(event.model == "openai/gpt-4o-2024-08-06");
  CHECK(event.counts == "28 input, 20 output");
  // 28 x 2.50 + 20 x 10 = 70 + 200 = 270
  CHECK(event.cost == 270'000'000);
  CHECK(event.who == "team payments, key payments, Route = ai");
  CHECK(event.rest == "of kong, chat, 200, 2670 ms, at 1763700000760, reported $0.0038");
}

TEST_CASE("Kong until 3.9: its counts are named in the singular") {
  std::string old = with(samples::kKong, "prompt_tokens", "prompt_token");
  old = with(old, "completion_tokens", "completion_token");
  const PricedEvent event = both_ways(old, Format::kong);
  CHECK(event.counts == "28 input, 20 output");
  CHECK(event.cost == 270'000'000);  // 70 + 200
}

TEST_CASE("Kong: an answer of its semantic cache costs nothing and saves what it would have cost") {
  const PricedEvent event =
      both_ways(with(samples::kKong, R"("usage":)", R"("cache":{"cache_status":"Hit"},"usage":)"),
                Format::kong);
  CHECK(event.basis == "cached");
  CHECK(event.cost == 0);
  CHECK(event.saving == 270'000'000);  // 70 + 200
}

TEST_CASE(
    "Envoy AI Gateway: its provider is the way to a backend, so the model tells whose price it "
    "is") {
  const PricedEvent event = both_ways(samples::kEnvoy, Format::envoy_ai_gateway);
  CHECK(event.model == "openai/gpt-4o-mini-2024-07-18");
  CHECK(event.counts == "15 input, 7 output");
  // 15 x 0.15 + 7 x 0.60 = 2.25 + 4.20 = 6.45
  CHECK(event.cost == 6'450'000);
  CHECK(event.who == "Backend = default/openai/route/aigw/rule/0/ref/0");
  // 2026-11-21T16:51:37.894Z
  CHECK(event.rest == "id 83b63da3, of envoy-ai-gateway, chat, 200, 1526 ms, at 1795279897894");
}

TEST_CASE("Envoy AI Gateway: cached, written and reasoned tokens are within what holds them") {
  const PricedEvent event = both_ways(
      R"({"start_time":"2026-11-20T10:00:00Z","gen_ai.request.model":"claude-sonnet-4-5",
    "gen_ai.provider.name":"default/anthropic","gen_ai.usage.input_tokens":3200,
    "gen_ai.usage.cached_input_tokens":1024,"gen_ai.usage.cache_creation_input_tokens":2000,
    "gen_ai.usage.output_tokens":310,"gen_ai.usage.reasoning_tokens":120,
    "gen_ai.usage.total_tokens":3510,"response_code":200,"session.id":"s-1","x-team-id":"growth"})",
      Format::envoy_ai_gateway);
  CHECK(event.counts == "176 input, 1024 cache_read, 2000 cache_write, 310 output, 120 reasoning");
  // 176 x 3 + 1024 x 0.30 + 2000 x 3.75 + 310 x 15 = 528 + 307.2 + 7500 + 4650 = 12985.2
  CHECK(event.cost == 12'985'200'000);
  CHECK(event.who == "team growth, session s-1, Backend = default/anthropic");
}

// Alibaba Cloud's prices are on no list we know. With the user's file, 0.05 in, 0.02 cached, 0.20
// out: (10 - 8) x 0.05 + 8 x 0.02 + 69 x 0.20 = 0.10 + 0.16 + 13.80 = 14.06.
TEST_CASE(
    "Higress: JSON in a text with numbers as texts; unpriced until a file of the user's has it") {
  const PricedEvent event = both_ways(samples::kHigress, Format::higress);
  CHECK(event.model == "alibaba/qwen-turbo");
  CHECK(event.counts == "2 input, 8 cache_read, 69 output, 25 reasoning");  // 10 - 8; 25 of the 69
  CHECK(event.basis == "unpriced");
  CHECK(event.unpriced == "input, cache_read, output");
  CHECK(event.who == "team team-a, key team-a, session s1");
  // 2026-11-21T05:00:00Z
  CHECK(event.rest == "of higress, chat, 1955 ms, at 1795237200000");
  const PriceFile file(R"(version: 1
provider: alibaba
models:
  - model: qwen-turbo
    prices:
      - per_mtok: {input: 0.05, cache_read: 0.02, output: 0.2}
)");
  const auto with_file = file.load();
  REQUIRE(with_file);
  const PricedRecord own(samples::kHigress, Format::automatic, *with_file);
  REQUIRE(own.events.size() == 1);
  CHECK(own.events[0].basis == "computed");
  CHECK(own.events[0].cost == 14'060'000);
}

TEST_CASE("Higress: of a model on the list, it costs what the list says") {
  std::string record = with(samples::kHigress, "qwen-turbo", "gpt-4o-mini");
  const PricedEvent event = both_ways(record, Format::higress);
  CHECK(event.model == "openai/gpt-4o-mini");
  // 2 x 0.15 + 8 x 0.075 + 69 x 0.60 = 0.30 + 0.60 + 41.40 = 42.30
  CHECK(event.cost == 42'300'000);
}

TEST_CASE("OpenRouter: by name its answers have its prices, else the model's maker's") {
  const PricedEvent named = priced(samples::kOpenRouter, Format::openrouter);
  CHECK(named.model == "openrouter/anthropic/claude-sonnet-4.5");
  CHECK(named.counts == "1200 input, 310 output");
  // 1200 x 3 + 310 x 15 = 3600 + 4650 = 8250, which is what it says itself
  CHECK(named.cost == 8'250'000'000);
  CHECK(named.rest == "id gen-1, of openrouter, chat, reported $0.00825");
  const PricedEvent found = priced(samples::kOpenRouter);
  CHECK(found.format == "response");
  CHECK(found.counts == named.counts);
  CHECK(found.cost == 8'250'000'000);
  const PricedEvent own_key = priced(
      with(samples::kOpenRouter, R"("is_byok":false)", R"("is_byok":true)"), Format::openrouter);
  CHECK(own_key.rest.ends_with(", byok"));
}

TEST_CASE("OpenRouter: what was cached and written is within the prompt") {
  std::string record =
      with(samples::kOpenRouter, R"("cached_tokens":0)", R"("cached_tokens":1024)");
  record = with(record, R"("cache_write_tokens":0)", R"("cache_write_tokens":100)");
  record = with(record, R"("reasoning_tokens":0)", R"("reasoning_tokens":64)");
  for (const Format format : {Format::openrouter, Format::automatic}) {
    const PricedEvent event = priced(record, format);
    // 1200 - 1024 - 100 = 76
    CHECK(event.counts == "76 input, 1024 cache_read, 100 cache_write, 310 output, 64 reasoning");
    // 76 x 3 + 1024 x 0.30 + 100 x 3.75 + 310 x 15 = 228 + 307.2 + 375 + 4650 = 5560.2
    CHECK(event.cost == 5'560'200'000);
  }
}

TEST_CASE("LiteLLM's spend log: the prompt holds what was cached, in a text of its own") {
  const PricedEvent event = both_ways(samples::kSpendLog, Format::litellm_spendlogs);
  CHECK(event.model == "anthropic/claude-sonnet-4-5");
  CHECK(event.counts == "176 input, 1024 cache_read, 100 cache_write, 310 output");
  // 176 x 3 + 1024 x 0.30 + 100 x 3.75 + 310 x 15 = 528 + 307.2 + 375 + 4650 = 5860.2, its spend
  CHECK(event.cost == 5'860'200'000);
  CHECK(event.who ==
        "user cust-7, team payments, key checkout, session s-1, tag job:nightly, tag v2, Feature = "
        "chat");
}

TEST_CASE("Portkey: its cost is in cents, and its counts have a decimal point") {
  const PricedEvent event = both_ways(samples::kPortkey, Format::portkey);
  CHECK(event.model == "openai/gpt-4o");
  CHECK(event.counts == "1200 input, 310 output");
  // 1200 x 2.50 + 310 x 10 = 3000 + 3100 = 6100, and 0.61 cents are 0.0061 dollars
  CHECK(event.cost == 6'100'000'000);
  CHECK(event.who == "user u1, team payments, session t1, _user = u1, team = payments");
  CHECK(event.rest == "id a1, of portkey, chat, 200, 1794 ms, at 1795237200000, reported $0.0061");
  // Where no price is known it is what counts.
  const PricedEvent unknown = both_ways(
      with(samples::kPortkey, R"("ai_model":"gpt-4o")", R"("ai_model":"mine")"), Format::portkey);
  CHECK(unknown.basis == "reported");
  CHECK(unknown.cost == 6'100'000'000);
}

TEST_CASE("Langfuse: its buckets exclude each other, and its total is not one") {
  const PricedEvent event = both_ways(samples::kLangfuse, Format::langfuse);
  CHECK(event.model == "openai/gpt-4o");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output");
  // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820, which is its total
  CHECK(event.cost == 4'820'000'000);
  CHECK(event.who == "user u1, environment prod, session s1, Name = chat");
  CHECK(event.rest == "id obs-1, of langfuse, chat, at 1795237201794, reported $0.00482");
}

TEST_CASE(
    "Langfuse: one bucket has several names, by who wrote it, and reasoning is one of its own") {
  for (const char* read : {"input_cached_tokens", "input_cache_read", "cache_read_input_tokens"}) {
    for (const char* write : {"input_cache_creation", "cache_creation_input_tokens"}) {
      const PricedEvent event = both_ways(
          R"({"id":"o","type":"GENERATION","model":"claude-sonnet-4-5","startTime":"2026-11-20T10:00:00Z",
        "usageDetails":{"input":176,")" +
              std::string(read) + R"(":1024,")" + write +
              R"(":2000,"output":190,"output_reasoning_tokens":120,"total":3510}})",
          Format::langfuse);
      // 190 + 120 = 310
      CHECK(event.counts ==
            "176 input, 1024 cache_read, 2000 cache_write, 310 output, 120 reasoning");
      CHECK(event.cost == 12'985'200'000);  // 528 + 307.2 + 7500 + 4650
    }
  }
}
