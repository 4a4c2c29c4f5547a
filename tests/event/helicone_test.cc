// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"

using namespace tocsin;

TEST_CASE("A message of Helicone's internal topic is read, its secrets are not") {
  const Decoded decoded(R"({"authorization":"Bearer sk-secret",
    "heliconeMeta":{"posthogApiKey":"secret","gatewayProvider":"ANTHROPIC"},
    "log":{"request":{"id":"r-1","userId":"u-1","provider":"OPENAI","heliconeApiKeyId":42,
      "requestCreatedAt":"2026-11-20T10:00:00.000Z","isStream":false,
      "cacheReferenceId":"00000000-0000-0000-0000-000000000000",
      "properties":{"Environment":"production","Team":"growth","Helicone-Session-Id":"s-1",
                    "Helicone-Session-Path":"/a/b","Helicone-Session-Name":"Onboarding"}},
    "response":{"id":"x","status":200,"responseCreatedAt":"2026-11-20T10:00:01.500Z",
      "delayMs":1500,"cost":0.0123,"promptTokens":100,"promptCacheReadTokens":900,
      "promptCacheWriteTokens":50,"completionTokens":20,"reasoningTokens":5,
      "model":"claude-sonnet-4-5"}}})");
  const Event& e = decoded.only();
  CHECK(e.id == "r-1");
  CHECK(e.producer == "helicone");
  CHECK(e.provider == "anthropic");
  CHECK(e.model == "claude-sonnet-4-5");
  CHECK(e.time == event_time_ms(1795168801500));
  CHECK(e.user == "u-1");
  CHECK(e.key == "42");
  CHECK(e.team == "growth");
  CHECK(e.environment == "production");
  CHECK(e.session == "s-1");
  CHECK(e.session_path == "/a/b");
  CHECK(e.session_name == "Onboarding");
  CHECK(e.status == 200);
  CHECK(e.latency_ms == 1500);
  CHECK_FALSE(e.cached);
  CHECK(e.reported_cost == Money::parse("0.0123"));
  CHECK(e.usage.counts == std::array<std::int64_t, kUnits>{100, 900, 50, 0, 20, 5, 0, 0, 0});
  for (const Property& p : e.properties) CHECK(p.value.find("secret") == std::string_view::npos);
}

TEST_CASE("A reference to a cached answer means cached") {
  const Decoded decoded(
      R"({"heliconeMeta":{},"log":{"request":{"id":"r","cacheReferenceId":"7f0c1e66-0000-4000-8000-000000000000"},"response":{}}})");
  CHECK(decoded.only().cached);
  CHECK_FALSE(decoded.only().has_usage);
}

TEST_CASE("A webhook's cost and counts are in its metadata") {
  const Decoded decoded(R"({"request_id":"r-1","model":"gpt-4o","provider":"OPENAI",
    "request_body":"{\"id\":\"prompt\"}","response_body":"{}","request_response_url":"https://s3",
    "metadata":{"cost":0.000225,"promptTokens":10,"completionTokens":20,"totalTokens":30,
                "latencyMs":1794}})");
  const Event& e = decoded.only();
  CHECK(e.id == "r-1");
  CHECK(e.provider == "openai");
  CHECK(e.reported_cost == Money::parse("0.000225"));
  CHECK(e.usage[Unit::input] == 10);
  CHECK(e.usage[Unit::output] == 20);
  CHECK(e.latency_ms == 1794);
}

TEST_CASE("An exported request gives dollars, a row of the table nano-dollars") {
  const Decoded exported(R"({"response_id":"x","request_id":"r-1","provider":"OPENAI",
    "response_created_at":"2026-11-20T10:00:00Z","response_status":429,"delay_ms":7,
    "request_user_id":"u","request_model":"gpt-4o","prompt_tokens":1,"cost":0.5,"costUSD":0.25,
    "request_properties":{"App":"a"},"properties":{"App":"a"}})");
  CHECK(exported.only().reported_cost == Money::parse("0.25"));
  CHECK(exported.only().status == 429);
  CHECK(exported.only().model == "gpt-4o");
  CHECK(exported.only().properties.size() == 1);

  const Decoded row(R"({"organization_id":"o","request_id":"r-1","cost":"225000","latency":12,
    "user_id":"u","request_created_at":"2026-11-20 10:00:00.250","status":200,"model":"gpt-4o"})");
  CHECK(row.only().reported_cost == Money::parse("0.000225"));
  CHECK(row.only().time == event_time_ms(1795168800250));
  CHECK(row.only().user == "u");
}

TEST_CASE("A row's cost that is no whole number of nano-dollars is absurd") {
  CHECK(Decoded(R"({"organization_id":"o","request_id":"r","cost":0.5})").only_bad().reason ==
        QuarantineReason::absurd_cost);
}

TEST_CASE("A cost of 0 is Helicone's word for unknown") {
  CHECK_FALSE(Decoded(R"({"request_id":"r","cost":0})").only().reported_cost);
}

TEST_CASE("A row that sums up the hits of Helicone's cache is no request") {
  const Decoded row(R"({"organization_id":"o","request_id":"r","cache_hit_count":3})");
  CHECK(row.only_bad().reason == QuarantineReason::unknown_format);
}

TEST_CASE("A key of money or identity twice is set aside") {
  for (const char* json :
       {R"({"request_id":"r","cost":1,"cost":2})",
        R"({"log":{"response":{"promptTokens":1,"PromptTokens":2}},"heliconeMeta":{}})",
        R"({"request_id":"r","request_id":"r"})"}) {
    INFO(json);
    CHECK(Decoded(json).only_bad().reason == QuarantineReason::duplicate_key);
  }
}

TEST_CASE("Helicone and native events are told apart per record and per element") {
  const Decoded decoded(
      R"([{"request_id":"h","prompt_tokens":1},{"request_id":"also","id":"n","usage":{"input":2}}])");
  REQUIRE(decoded.events.size() == 2);
  CHECK(decoded.events[0].producer == "helicone");
  CHECK(decoded.events[1].id == "n");
  CHECK(decoded.events[1].producer.empty());
}

TEST_CASE("A name of Helicone's says little beside a name of another's, wherever either stands") {
  const auto format = [](const std::string& a, const std::string& b) {
    const Format first = Decoded("{" + a + "," + b + "}").decoder.format();
    CHECK(Decoded("{" + b + "," + a + "}").decoder.format() == first);
    return first;
  };
  const std::string ours = R"("request_id":"r","model":"m","prompt_tokens":5)";
  CHECK(format(ours, R"("authorization":"x")") == Format::helicone);
  CHECK(format(ours, R"("response":"text")") == Format::helicone);
  CHECK(format(ours, R"("provider":"openai","response":{"usage":{}})") == Format::response);
  CHECK(format(ours, R"("response":{"usage":{}})") == Format::helicone);
  CHECK(format(ours, R"("response_cost":1)") == Format::litellm);
  CHECK(format(ours, R"("specversion":"1.0")") == Format::cloudevents);
  for (const char* proof : {R"("id":"n")", R"("timestamp":1763700000)", R"("cost_usd":1)"}) {
    INFO(proof);
    CHECK(format(ours, proof) == Format::native);
  }
  CHECK(format(ours, R"("usage":{"input":1})") == Format::native);
  CHECK(format(ours, R"("usage":{"prompt_tokens":1})") == Format::response);
}

TEST_CASE("What was counted while a record was taken for Helicone's is not counted twice") {
  const std::string longest(300, 'u');
  const std::string record =
      R"({"request_id":"r","user_id":")" + longest + R"(","id":"n","user":")" + longest + R"("})";
  CHECK(Decoded(record).decoder.counts().values_cut == 1);
}
