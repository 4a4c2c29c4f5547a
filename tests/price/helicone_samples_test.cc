// SPDX-License-Identifier: Apache-2.0
// What Helicone sends, from its bytes to picodollars; products below are in millionths of a dollar.
#include <catch2/catch.hpp>
#include <string>

#include "priced_record.h"

using namespace tocsin;

namespace {

const char* const kNobody = "00000000-0000-0000-0000-000000000000";

// A message of the internal topic, whose answer has the id `reference` in the cache.
std::string topic_message(const std::string& reference) {
  return R"({"authorization":"Bearer secret",
   "heliconeMeta":{"posthogApiKey":"secret","lytixKey":"secret","omitRequestLog":false,
     "gatewayProvider":"ANTHROPIC","gatewayModel":"claude-sonnet-4-5","isPassthroughBilling":false},
   "log":{"request":{"id":"r-1","userId":"u-1","provider":"CUSTOM","path":"/v1/messages",
       "heliconeApiKeyId":42,"countryCode":"DE","isStream":true,"targetUrl":"https://api",
       "requestCreatedAt":"2026-11-20T10:00:00.000Z","cacheEnabled":true,"cacheReferenceId":")" +
         reference + R"(",
       "properties":{"Environment":"production","Team":"growth","Service":"search","Agent":"crawler",
         "Feature":"answers","Helicone-Session-Id":"s-1","Helicone-Session-Path":"/a/b",
         "Helicone-Session-Name":"Onboarding"}},
     "response":{"id":"x","status":200,"bodySize":1432,"timeToFirstToken":412,
       "responseCreatedAt":"2026-11-20T10:00:01.500Z","delayMs":1500,"cost":0.0129852,
       "promptTokens":176,"completionTokens":310,"promptCacheReadTokens":1024,
       "promptCacheWriteTokens":2000,"reasoningTokens":120,"model":"claude-sonnet-4-5-20250929"}}})";
}

}  // namespace

TEST_CASE(
    "Helicone's topic: the prompt excludes what was cached and written, and no secret is kept") {
  const PricedEvent event = priced(topic_message(kNobody));
  CHECK(event.format == "helicone");
  CHECK(event.model == "anthropic/claude-sonnet-4-5");
  CHECK(event.counts == "176 input, 1024 cache_read, 2000 cache_write, 310 output, 120 reasoning");
  // 176 x 3 + 1024 x 0.30 + 2000 x 3.75 + 310 x 15 = 528 + 307.2 + 7500 + 4650 = 12985.2
  CHECK(event.cost == 12'985'200'000);
  CHECK(event.basis == "computed");
  CHECK(event.who ==
        "user u-1, service search, team growth, key 42, environment production, agent crawler, "
        "session s-1, path /a/b, name Onboarding, Environment = production, Team = growth, "
        "Service = search, Agent = crawler, Feature = answers, Helicone-Session-Id = s-1, "
        "Helicone-Session-Path = /a/b, Helicone-Session-Name = Onboarding");
  CHECK(event.rest == "id r-1, of helicone, 200, 1500 ms, at 1795168801500, reported $0.0129852");
}

TEST_CASE("Helicone's topic: what its cache answered tells tokens and a cost, and costs nothing") {
  const PricedEvent event = priced(topic_message("7f0c1e66-0000-4000-8000-000000000000"));
  CHECK(event.basis == "cached");
  CHECK(event.cost == 0);
  CHECK(event.saving == 12'985'200'000);
}

TEST_CASE(
    "Helicone's topic: where the body is kept elsewhere there are no counts, and no cost is "
    "known") {
  const PricedEvent event = priced(R"({"authorization":"secret","heliconeMeta":{},"log":{
    "request":{"id":"r-2","provider":"OPENAI","requestCreatedAt":"2026-11-20T10:00:00.000Z"},
    "response":{"id":"x","status":200,"delayMs":7}}})");
  CHECK(event.basis == "unmetered");
  CHECK(event.counts.empty());
  CHECK(event.rest == "id r-2, of helicone, 200, 7 ms, at 1795168800000");
}

TEST_CASE("Helicone's topic: audio is beside the text of the prompt and of the completion") {
  const PricedEvent event = priced(R"({"heliconeMeta":{},"log":{
    "request":{"id":"r-3","provider":"OPENAI"},"response":{"status":200,"model":"gpt-realtime",
    "promptTokens":200,"promptAudioTokens":150,"completionTokens":30,"completionAudioTokens":91}}})");
  CHECK(event.counts == "200 input, 30 output, 150 input_audio, 91 output_audio");
  // 200 x 4 + 30 x 16 + 150 x 32 + 91 x 64 = 800 + 480 + 4800 + 5824 = 11904
  CHECK(event.cost == 11'904'000'000);
}

TEST_CASE("Helicone's webhook: counts and dollars are in its metadata, its bodies are skipped") {
  const PricedEvent event = priced(R"({"request_id":"r-1","model":"gpt-4o","provider":"OPENAI",
    "request_body":"{\"secret\":1}","response_body":"{\"usage\":{\"prompt_tokens\":99}}",
    "request_response_url":"https://s3.invalid/b","metadata":{"cost":0.000225,"promptTokens":10,
      "completionTokens":20,"totalTokens":30,"latencyMs":1794}})");
  CHECK(event.format == "helicone");
  CHECK(event.model == "openai/gpt-4o");
  CHECK(event.counts == "10 input, 20 output");
  CHECK(event.cost == 225'000'000);  // 10 x 2.50 + 20 x 10 = 25 + 200
  CHECK(event.rest == "id r-1, of helicone, 1794 ms, reported $0.000225");
}

TEST_CASE("Helicone's export: of its two costs, costUSD is in dollars") {
  const PricedEvent event = priced(R"({"response_id":"x","request_id":"r-4","provider":"OPENAI",
    "request_created_at":"2026-11-20T10:00:00Z","response_created_at":"2026-11-20T10:00:01Z",
    "response_status":200,"delay_ms":812,"time_to_first_token":300,"request_path":"/v1/chat",
    "request_body":{"messages":[]},"response_body":{"usage":{"prompt_tokens":99}},
    "request_user_id":"u-1","request_model":"gpt-4o","response_model":"gpt-4o-2024-08-06",
    "request_properties":{"Team":"growth","Helicone-Session-Id":"s-1"},"prompt_tokens":176,
    "prompt_cache_read_tokens":1024,"prompt_cache_write_tokens":0,"completion_tokens":310,
    "reasoning_tokens":0,"prompt_audio_tokens":0,"completion_audio_tokens":0,"total_tokens":1510,
    "cost":4820000,"costUSD":0.00482,"country_code":"DE","llmSchema":null,"scores":{},
    "cache_enabled":false,"cache_reference_id":"00000000-0000-0000-0000-000000000000"})");
  CHECK(event.model == "openai/gpt-4o-2024-08-06");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output");
  // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
  CHECK(event.cost == 4'820'000'000);
  CHECK(event.who ==
        "user u-1, team growth, session s-1, Team = growth, Helicone-Session-Id = s-1");
  CHECK(event.rest == "id r-4, of helicone, 200, 812 ms, at 1795168801000, reported $0.00482");
}

TEST_CASE("Helicone's table: its cost is in billionths of a dollar, and its times have no offset") {
  const std::string row = R"({"organization_id":"o-1","request_id":"r-5","provider":"OPENAI",
    "request_created_at":"2026-11-20 10:00:00.000","response_created_at":"2026-11-20 10:00:01.250",
    "status":200,"latency":1250,"model":"gpt-4o","user_id":"u-1","proxy_key_id":"pk-1",
    "prompt_tokens":176,"prompt_cache_read_tokens":1024,"prompt_cache_write_tokens":0,
    "completion_tokens":310,"prompt_audio_tokens":0,"completion_audio_tokens":0,
    "reasoning_tokens":0,"cost":4820000,"properties":{"Environment":"staging"},"threat":null,
    "country_code":"DE","storage_location":"s3","size_bytes":1432,"is_passthrough_billing":false,
    "request_body":"secret","response_body":"secret","cache_enabled":true,"cache_reference_id":)";
  const PricedEvent event = priced(row + R"("00000000-0000-0000-0000-000000000000"})");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output");
  CHECK(event.cost == 4'820'000'000);  // 440 + 1280 + 3100, as above
  CHECK(event.who == "user u-1, key pk-1, environment staging, Environment = staging");
  // 4,820,000 / 10^9 = 0.00482
  CHECK(event.rest == "id r-5, of helicone, 200, 1250 ms, at 1795168801250, reported $0.00482");
  const PricedEvent cached = priced(row + R"("7f0c1e66-0000-4000-8000-000000000000"})");
  CHECK(cached.basis == "cached");
  CHECK(cached.saving == 4'820'000'000);
}

TEST_CASE("Helicone's table of cache hits sums up what was never asked of a provider: set aside") {
  const PricedRecord record(R"({"organization_id":"o-1","date":"2026-11-20","hour":10,
    "request_id":"r-5","model":"gpt-4o","provider":"OPENAI","cache_hit_count":3,
    "saved_latency_ms":3750,"saved_completion_tokens":930,"saved_prompt_tokens":528,
    "saved_prompt_cache_read_tokens":3072,"first_hit":"2026-11-20 10:00:00",
    "last_hit":"2026-11-20 10:30:00","request_body":"secret","response_body":"secret"})");
  CHECK(record.events.empty());
  CHECK(record.set_aside == std::vector<std::string>{
                                "unknown_format: cache_hit_count: sums up cache hits; no request"});
}

TEST_CASE("Helicone: 0 is its word for a price it does not know, and ours counts") {
  const PricedEvent event = priced(R"({"request_id":"r-6","model":"gpt-4o","provider":"OPENAI",
    "metadata":{"cost":0,"promptTokens":10,"completionTokens":20}})");
  CHECK(event.cost == 225'000'000);  // 25 + 200
  CHECK(event.rest == "id r-6, of helicone");
}
