// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"

using namespace tocsin;

namespace {

using Counts = std::array<std::int64_t, kUnits>;

// As its generic_api callback sends it.
const std::string kPayload =
    R"({"id":"chatcmpl-2299b6a2","trace_id":"97311c60","call_type":"acompletion","stream":true,
 "status":"success","custom_llm_provider":"openai","model":"gpt-4o","model_group":"gpt-4o",
 "response_cost":0.000225,
 "cost_breakdown":{"input_cost":0.000025,"output_cost":0.0002,"tool_usage_cost":0.0,"total_cost":0.000225},
 "prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"startTime":1766000068.28466,
 "endTime":1766000070.07935,"cache_hit":null,"saved_cache_cost":0.0,"request_tags":["job:nightly"],
 "end_user":"cust-7","messages":[{"role":"user","content":"secret"}],
 "metadata":{"user_api_key_hash":"88dc28","user_api_key_alias":"checkout","user_api_key_team_id":"t1",
   "user_api_key_team_alias":"payments","user_api_key_project_alias":"shop","agent_id":"a-1",
   "requester_metadata":{"Environment":"production","Feature":"chat"},
   "usage_object":{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":0}}},
 "error_str":null,"hidden_params":{"litellm_model_name":"gpt-4o"}})";

// A payload with these fields and what makes it LiteLLM's.
std::string payload(const std::string& fields) {
  return R"({"id":"c","hidden_params":{},"model":"m",)" + fields + "}";
}

}  // namespace

TEST_CASE("A payload of LiteLLM's is read, its messages are not") {
  const Decoded decoded(kPayload);
  const Event& e = decoded.only();
  CHECK(decoded.decoder.format() == Format::litellm);
  CHECK(e.id == "chatcmpl-2299b6a2");
  CHECK(e.producer == "litellm");
  CHECK(e.provider == "openai");
  CHECK(e.model == "gpt-4o");
  CHECK(e.operation == "chat");
  CHECK(e.status == 200);
  CHECK(e.time == event_time_ms(1766000070079));
  CHECK(e.latency_ms == 1795);  // 70.079 s - 68.284 s
  CHECK(e.user == "cust-7");
  CHECK(e.service == "shop");
  CHECK(e.team == "payments");
  CHECK(e.key == "checkout");
  CHECK(e.agent == "a-1");
  CHECK(e.environment == "production");
  CHECK(e.session == "97311c60");
  CHECK(e.tags == std::vector<std::string_view>{"job:nightly"});
  CHECK(e.properties.size() == 2);
  CHECK_FALSE(e.cached);
  CHECK(e.reported_cost == Money::parse("0.000225"));
  CHECK(e.usage.counts == Counts{10, 0, 0, 0, 20, 0, 0, 0, 0});
}

TEST_CASE("LiteLLM's prompt tokens include what a cache holds, which is taken out of them") {
  // Anthropic's through LiteLLM: 176 fresh + 1024 read + 1500 + 500 written = 3200.
  const Decoded decoded(payload(R"("prompt_tokens":3200,"completion_tokens":310,
    "metadata":{"usage_object":{"prompt_tokens":3200,"completion_tokens":310,
      "cache_read_input_tokens":1024,"cache_creation_input_tokens":2000,
      "prompt_tokens_details":{"cached_tokens":1024,"cache_creation_tokens":2000,
        "cache_creation_token_details":{"ephemeral_5m_input_tokens":1500,"ephemeral_1h_input_tokens":500}},
      "completion_tokens_details":{"reasoning_tokens":120},
      "server_tool_use":{"web_search_requests":2}}})"));
  CHECK(decoded.only().usage.counts == Counts{176, 1024, 1500, 500, 310, 120, 0, 0, 2});
}

TEST_CASE("The details are found in the response where the metadata has none, audio apart") {
  // 1000 prompt = 600 text + 300 audio + 100 cached; 50 completion = 20 text + 30 audio.
  const Decoded decoded(payload(R"("prompt_tokens":1000,"completion_tokens":50,"metadata":{},
    "response":{"usage":{"prompt_tokens_details":{"cached_tokens":100,"audio_tokens":300},
                         "completion_tokens_details":{"audio_tokens":30}}})"));
  CHECK(decoded.only().usage.counts == Counts{600, 100, 0, 0, 20, 0, 300, 30, 0});
}

TEST_CASE("A hit of LiteLLM's cache costs nothing, though it tells tokens again") {
  for (const char* hit : {"true", "\"True\""}) {
    const Decoded decoded(
        payload(R"("prompt_tokens":10,"completion_tokens":20,"response_cost":0.0,)"
                R"("saved_cache_cost":0.000225,"cache_hit":)" +
                std::string(hit)));
    CHECK(decoded.only().cached);
    CHECK(decoded.only().usage[Unit::output] == 20);
    CHECK_FALSE(decoded.only().reported_cost);
  }
  for (const char* miss : {"false", "\"False\"", "null", "\"\""}) {
    CHECK_FALSE(Decoded(payload(R"("cache_hit":)" + std::string(miss))).only().cached);
  }
}

TEST_CASE("A failure has the provider's status, or 500, and no cost") {
  const Decoded limited(payload(R"("status":"failure","response_cost":0,"prompt_tokens":0,
    "error_information":{"error_code":"429","error_class":"RateLimitError","traceback":"secret"})"));
  CHECK(limited.only().status == 429);
  CHECK(limited.only().is_error());
  CHECK_FALSE(limited.only().reported_cost);
  CHECK(Decoded(payload(R"("status":"failure","error_information":{"error_code":""})"))
            .only()
            .status == 500);
}

TEST_CASE("Who pays is found under the second name where the first is empty") {
  const Decoded decoded(payload(R"("litellm_call_id":"x","end_user":"","session_id":"s",
    "trace_id":"t","metadata":{"user_api_key_end_user_id":"u","user_api_key_team_id":"t1",
      "user_api_key_team_alias":null,"user_api_key_hash":"88dc","user_api_key_alias":null})"));
  const Event& e = decoded.only();
  CHECK(e.user == "u");
  CHECK(e.team == "t1");
  CHECK(e.key == "88dc");
  CHECK(e.session == "s");
}

TEST_CASE("LiteLLM's names of providers and calls become the usual ones") {
  const Decoded decoded(payload(R"("custom_llm_provider":"Vertex_AI","call_type":"aembedding")"));
  CHECK(decoded.only().provider == "google");
  CHECK(decoded.only().operation == "embeddings");
  const Decoded other(payload(R"("custom_llm_provider":"groq","call_type":"rerank")"));
  CHECK(other.only().provider == "groq");
  CHECK(other.only().operation == "rerank");
}

TEST_CASE("Whoever was behind LiteLLM's provider is the provider where none is named") {
  const std::string hidden = R"("hidden_params":{"upstream_provider":"Bedrock"})";
  CHECK(Decoded("{" + hidden + R"(,"id":"c"})").only().provider == "aws");
  CHECK(Decoded("{" + hidden + R"(,"custom_llm_provider":"openai"})").only().provider == "openai");
}

TEST_CASE("Payloads come one by one, in an array, or one a line") {
  std::string line = kPayload;
  std::erase(line, '\n');
  CHECK(Decoded("[" + line + "," + line + "]").events.size() == 2);
  CHECK(Decoded(line + "\n" + line + "\n").events.size() == 2);
  CHECK(Decoded(kPayload, Format::litellm).only().id == "chatcmpl-2299b6a2");
}

TEST_CASE("Times of LiteLLM's older payload are texts") {
  const Decoded decoded(payload(R"("startTime":"2026-11-20 10:00:00.250000",
    "endTime":"2026-11-20 10:00:01.500000")"));
  CHECK(decoded.only().time == event_time_ms(1795168801500));
  CHECK(decoded.only().latency_ms == 1250);
}

TEST_CASE(
    "A payload is LiteLLM's by its own names, wherever they stand and whatever else is there") {
  CHECK(Decoded(R"({"id":"a","timestamp":1795168800,"usage":{"input":1},"response_cost":1})")
            .only()
            .producer == "litellm");
  CHECK(Decoded(R"({"model_map_information":{},"request_id":"h","id":"a"})").only().producer ==
        "litellm");
  CHECK(Decoded(R"({"id":"a","prompt_tokens":1})").only().producer.empty());
}

TEST_CASE("Money or identity twice in a payload is set aside") {
  for (const char* twice :
       {R"("response_cost":1,"response_cost":2)", R"("prompt_tokens":1,"prompt_tokens":1)",
        R"("end_user":"a","end_user":"b")",
        R"("metadata":{"usage_object":{"prompt_tokens":1,"Prompt_Tokens":2}})"}) {
    INFO(twice);
    CHECK(Decoded(payload(twice)).only_bad().reason == QuarantineReason::duplicate_key);
  }
  CHECK(Decoded(payload(R"("response_cost":-1)")).only_bad().reason ==
        QuarantineReason::negative_cost);
  CHECK(Decoded(payload(R"("prompt_tokens":-1)")).only_bad().reason ==
        QuarantineReason::negative_count);
}

TEST_CASE("Parts larger than what holds them count nothing twice, and are told") {
  // 2000 cached of 1000: LiteLLM was given what excludes them. 900 audio of 1000: cut to what is
  // left.
  const Decoded exclusive(payload(R"("prompt_tokens":1000,
    "metadata":{"usage_object":{"cache_read_input_tokens":2000}})"));
  CHECK(exclusive.only().usage.counts == Counts{1000, 2000, 0, 0, 0, 0, 0, 0, 0});
  CHECK(exclusive.decoder.counts().counts_mended == 1);
  const Decoded overlap(payload(R"("prompt_tokens":1000,"completion_tokens":5,
    "metadata":{"usage_object":{"prompt_tokens_details":{"cached_tokens":900,"audio_tokens":800},
                                "completion_tokens_details":{"reasoning_tokens":7}}})"));
  CHECK(overlap.only().usage.counts == Counts{0, 900, 0, 0, 5, 5, 100, 0, 0});
  CHECK(overlap.decoder.counts().counts_mended == 2);
}

TEST_CASE("Reasoning that the total shows beside the completion is added to it") {
  // xAI: 37 + 530 + 233 = 800.
  const Decoded beside(payload(R"("prompt_tokens":37,"completion_tokens":530,"total_tokens":800,
    "metadata":{"usage_object":{"completion_tokens_details":{"reasoning_tokens":233}}})"));
  CHECK(beside.only().usage[Unit::output] == 763);
  CHECK(beside.only().usage[Unit::reasoning] == 233);
  const Decoded within(payload(R"("prompt_tokens":37,"completion_tokens":530,"total_tokens":567,
    "metadata":{"usage_object":{"completion_tokens_details":{"reasoning_tokens":233}}})"));
  CHECK(within.only().usage[Unit::output] == 530);
}

TEST_CASE("Of what was asked remains a hash under a key, equal for equal inputs") {
  const auto hash = [](const std::string& record, std::optional<std::uint64_t> key) {
    Collect told;
    Decoder decoder(key);
    decoder.decode(record, Format::automatic, told);
    REQUIRE(told.events.size() == 1);
    return std::string(told.events[0].input_hash);
  };
  const std::string asked = R"("messages":[{"role":"user","content":"hi"}] ,)";
  const std::string other = R"("messages":[{"role":"user","content":"ho"}],)";
  const std::string first = hash(payload(asked + R"("user":"a")"), 7);
  CHECK(first.size() == 16);
  CHECK(hash(payload(asked + R"("user":"b")"), 7) == first);
  CHECK(hash(payload(other + R"("user":"a")"), 7) != first);
  CHECK(hash(payload(asked + R"("user":"a")"), 8) != first);
  CHECK(hash(payload(asked + R"("user":"a")"), std::nullopt).empty());
  CHECK(hash(payload(R"("messages":null)"), 7).empty());
  // The same of Helicone's webhook, and of an envelope.
  const std::string body = R"({"role":"user"})";
  const std::string enveloped =
      hash(R"({"provider":"p","request":)" + body + R"(,"response":{"id":"a"}})", 7);
  CHECK(enveloped.size() == 16);
  CHECK(hash(R"({"request_id":"r","request_body":)" + body + "}", 7) == enveloped);
  CHECK(hash(R"({"provider":"p","input_hash":"mine","request":{},"response":{"id":"a"}})", 7) ==
        "mine");
}
