// SPDX-License-Identifier: Apache-2.0
// What gateways really write, by the mapping files that are shipped. Their costs are in
// tests/price/gateways_test.cc.
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"
#include "event/mapping.h"
#include "event/shipped.h"
#include "gateway_samples.h"

using namespace tocsin;

namespace {

std::string counts(const Event& event) {
  std::string text;
  for (std::size_t i = 0; i < kUnits; ++i) {
    if (event.usage.counts[i] == 0) continue;
    text += std::string(kUnitNames[i]) + " " + std::to_string(event.usage.counts[i]) + ", ";
  }
  return text;
}

}  // namespace

TEST_CASE("Every shipped mapping file can be read") {
  CHECK(shipped_mapping_files().size() == 8);
  for (std::size_t i = 0; i < kFormats; ++i) {
    const auto format = static_cast<Format>(i);
    if (!is_shipped(format)) continue;
    INFO(name(format));
    // The spend log has the ids of LiteLLM's payloads.
    CHECK(shipped_mapping(format).producer ==
          (format == Format::litellm_spendlogs ? "litellm" : name(format)));
    CHECK_FALSE(shipped_mapping(format).when.empty());
  }
}

TEST_CASE("APISIX: input counts cached tokens, the consumer is the team, other routes are passed") {
  CHECK(Decoded(samples::kApisix).decoder.format() == Format::apisix);
  const Decoded decoded(samples::kApisix, Format::apisix);
  CHECK(decoded.decoder.format() == Format::apisix);
  const Event& event = decoded.only();
  CHECK(event.producer == "apisix");
  CHECK(counts(event) == "input 176, cache_read 1024, output 310, ");  // 1200 - 1024
  CHECK(event.provider == "openai");
  CHECK(event.model == "gpt-4o-2024-08-06");
  CHECK(event.team == "team-a");
  CHECK(event.key == "team-a");
  CHECK(event.service.empty());
  CHECK(event.user == "user-1");
  CHECK(event.status == 200);
  CHECK(event.latency_ms == 1794);
  CHECK(to_ms(event.time.value()) == 1'763'700'000'760);
  const std::string batch = "[" + std::string(samples::kApisix) +
                            R"(,{"start_time":1763700000760,"response":{"status":404}}])";
  const Decoded behind(
      R"([{"start_time":1,"response":{"status":404}},)" + std::string(samples::kApisix) + "]",
      Format::apisix);
  CHECK(behind.events.size() == 1);
  const Decoded several(batch, Format::apisix);
  CHECK(several.events.size() == 1);
  CHECK(several.bad.empty());
  CHECK(several.decoder.counts().spans_passed == 1);
}

TEST_CASE("Kong: in the plural as in the singular, and a cost of its own") {
  CHECK(Decoded(samples::kKong).decoder.format() == Format::kong);
  const Decoded decoded(samples::kKong, Format::kong);
  CHECK(decoded.decoder.format() == Format::kong);
  const Event& event = decoded.only();
  CHECK(counts(event) == "input 28, output 20, ");
  CHECK(event.provider == "openai");
  CHECK(event.model == "gpt-4o-2024-08-06");
  CHECK(event.reported_cost == Money::parse("0.0038"));
  CHECK(event.team == "payments");
  CHECK(event.latency_ms == 2670);
  std::string singular = samples::kKong;
  for (const char* key : {"prompt_tokens", "completion_tokens"}) {
    singular.erase(singular.find(key) + std::string(key).size() - 1, 1);
  }
  CHECK(counts(Decoded(singular, Format::kong).only()) == "input 28, output 20, ");
}

TEST_CASE("Envoy AI Gateway: names with dots are names, and the model tells the provider") {
  CHECK(Decoded(samples::kEnvoy).decoder.format() == Format::envoy_ai_gateway);
  const Decoded decoded(samples::kEnvoy, Format::envoy_ai_gateway);
  CHECK(decoded.decoder.format() == Format::envoy_ai_gateway);
  const Event& event = decoded.only();
  CHECK(counts(event) == "input 15, output 7, ");
  CHECK(event.provider == "openai");
  CHECK(event.model == "gpt-4o-mini-2024-07-18");
  CHECK(event.id == "83b63da3");
  CHECK(event.status == 200);
  CHECK(event.latency_ms == 1526);
  CHECK(event.session.empty());
}

TEST_CASE("Higress: JSON in a text, numbers as texts, and cached tokens within the input") {
  CHECK(Decoded(samples::kHigress).decoder.format() == Format::higress);
  const Decoded decoded(samples::kHigress, Format::higress);
  CHECK(decoded.decoder.format() == Format::higress);
  const Event& event = decoded.only();
  CHECK(counts(event) == "input 2, cache_read 8, output 69, reasoning 25, ");  // 10 - 8
  CHECK(event.model == "qwen-turbo");
  CHECK(event.team == "team-a");
  CHECK(event.session == "s1");
  CHECK(event.latency_ms == 1955);
  const Decoded other(R"({"ai_log":"-","start_time":"2026-11-21T05:00:00.000Z"})", Format::higress);
  CHECK(other.events.empty());
  CHECK(other.bad.empty());
}

TEST_CASE("OpenRouter: named, its answers have its prices; else they are a provider's") {
  const Decoded decoded(samples::kOpenRouter, Format::openrouter);
  CHECK(counts(decoded.only()) == "input 1200, output 310, ");
  CHECK(decoded.only().provider == "openrouter");
  CHECK(decoded.only().reported_cost == Money::parse("0.00825"));
  CHECK(Decoded(samples::kOpenRouter).decoder.format() == Format::response);
}

TEST_CASE("Portkey: the cost is in cents") {
  CHECK(Decoded(samples::kPortkey).decoder.format() == Format::portkey);
  const Decoded decoded(samples::kPortkey, Format::portkey);
  CHECK(decoded.decoder.format() == Format::portkey);
  const Event& event = decoded.only();
  CHECK(counts(event) == "input 1200, output 310, ");
  CHECK(event.reported_cost == Money::parse("0.0061"));  // 0.61 cents
  CHECK(event.user == "u1");
  CHECK(event.team == "payments");
  CHECK(event.session == "t1");
  CHECK(event.status == 200);
}

TEST_CASE("Langfuse: buckets exclude each other, spans are passed, a level is a status") {
  CHECK(Decoded(samples::kLangfuse).decoder.format() == Format::langfuse);
  const Decoded decoded(samples::kLangfuse, Format::langfuse);
  CHECK(decoded.decoder.format() == Format::langfuse);
  const Event& event = decoded.only();
  CHECK(counts(event) == "input 176, cache_read 1024, output 310, ");
  CHECK(event.reported_cost == Money::parse("0.00482"));
  CHECK(event.environment == "prod");
  CHECK(event.user == "u1");
  CHECK(event.session == "s1");
  CHECK_FALSE(event.status);
  // Reasoning is a bucket beside output; ours is a part of it: 310 + 90.
  const Decoded reasoned(R"({"type":"GENERATION","level":"ERROR","model":"o3","usageDetails":
      {"input":10,"output":310,"output_reasoning_tokens":90}})",
                         Format::langfuse);
  CHECK(counts(reasoned.only()) == "input 10, output 400, reasoning 90, ");
  CHECK(reasoned.only().status == 500);
  // Its API tells the sums of old beside them.
  CHECK(counts(Decoded(R"({"type":"GENERATION","model":"o3","usage":{"unit":"TOKENS","input":10},
      "usageDetails":{"input":4,"input_cached_tokens":6}})")
                   .only()) == "input 4, cache_read 6, ");
  const Decoded span(R"({"type":"SPAN","usageDetails":{}})");
  CHECK(span.decoder.counts().spans_passed == 1);
}

TEST_CASE("LiteLLM's spend log: JSON in texts or not, times without an offset, failures, hits") {
  const Decoded row(samples::kSpendLog);
  CHECK(row.decoder.format() == Format::litellm_spendlogs);
  const Event& event = row.only();
  CHECK(counts(event) == "input 176, cache_read 1024, cache_write 100, output 310, ");
  CHECK(event.id == "chatcmpl-1");
  CHECK(event.producer == "litellm");
  CHECK(to_ms(*event.time) == 1'766'006'470'079);
  CHECK(event.provider == "anthropic");
  CHECK(event.team == "payments");
  CHECK(event.tags == std::vector<std::string_view>{"job:nightly", "v2"});
  REQUIRE(event.properties.size() == 1);
  CHECK(event.properties[0].name == "Feature");
  CHECK_FALSE(event.is_error());

  const Decoded rest(R"([{"request_id":"a","call_type":"acompletion","spend":0,"cache_hit":"True",
      "endTime":"2025-12-17T21:21:10.079Z","model":"gpt-4o","prompt_tokens":5,"status":"success",
      "request_tags":["x"],"metadata":{"usage_object":{"cache_read_input_tokens":2}}},
      {"request_id":"b","call_type":"acompletion","spend":0,"model":"gpt-4o","status":"failure",
      "metadata":"{}","request_tags":"[]","cache_hit":""}])");
  REQUIRE(rest.events.size() == 2);
  CHECK(rest.events[0].cached);
  CHECK(rest.events[0].tags == std::vector<std::string_view>{"x"});
  CHECK(counts(rest.events[0]) == "input 3, cache_read 2, ");
  CHECK_FALSE(rest.events[0].reported_cost);
  CHECK(rest.events[1].status == 500);
  CHECK_FALSE(rest.events[1].cached);
  // What its callbacks send is its payload all the same.
  CHECK(Decoded(R"({"id":"a","call_type":"x","spend":1,"response_cost":1})").decoder.format() ==
        Format::litellm);
  // And who writes native events may have a field of either name.
  CHECK(Decoded(R"({"spend":1,"call_type":"x","cost_usd":1})").decoder.format() == Format::native);
  CHECK(Decoded(R"({"spend":1,"id":"x","cost_usd":1})").decoder.format() == Format::native);
}

TEST_CASE("A shipped format is read as the data of a CloudEvent too") {
  const std::string cloud = R"({"specversion":"1.0","id":"c1","source":"/gw","type":"t","data":)" +
                            std::string(samples::kApisix) + "}";
  CHECK(Decoded(cloud).only().team == "team-a");
  CHECK(Decoded(cloud).only().id == "c1");
}

TEST_CASE("A native event is native, whatever names of others are in it") {
  CHECK(Decoded(R"({"model":"m","usage":{"input":1},"ai_model":"x","ai":{}})").decoder.format() ==
        Format::native);
  for (const char* record :
       {R"({"id":"1","cost_usd":1,"ai":{},"started_at":1})",
        R"({"ai":{},"started_at":1,"cost_usd":1})", R"({"ai_model":"m","cost_usd":1})",
        R"({"ai":"m","started_at":1,"id":"1"})", R"({"response":{},"ai":"m","started_at":1})"}) {
    INFO(record);
    CHECK(Decoded(record).decoder.format() == Format::native);
  }
  CHECK(Decoded(R"({"ai":{"proxy":{}},"started_at":1})").decoder.format() == Format::kong);
}
