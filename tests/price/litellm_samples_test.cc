// SPDX-License-Identifier: Apache-2.0
// What LiteLLM sends, from its bytes to picodollars; products below are in millionths of a dollar.
#include <catch2/catch.hpp>
#include <string>

#include "priced_record.h"

using namespace tocsin;

namespace {

const std::string kOne =
    R"({"id":"chatcmpl-2299b6a2","trace_id":"97311c60","call_type":"acompletion","stream":true,
 "status":"success","custom_llm_provider":"openai","model":"gpt-4o","model_group":"gpt-4o",
 "response_cost":0.000225,"cost_breakdown":{"input_cost":0.000025,"output_cost":0.0002,
   "tool_usage_cost":0.0,"total_cost":0.000225},
 "prompt_tokens":10,"completion_tokens":20,"total_tokens":30,
 "startTime":1766000068.28466,"endTime":1766000070.07935,
 "cache_hit":null,"saved_cache_cost":0.0,"request_tags":["job:nightly"],"end_user":"cust-7",
 "metadata":{"user_api_key_hash":"88dc28","user_api_key_alias":"checkout",
   "user_api_key_team_id":"t1","user_api_key_team_alias":"payments",
   "usage_object":{"prompt_tokens":10,"completion_tokens":20,
     "prompt_tokens_details":{"cached_tokens":0}}},
 "error_str":null,"hidden_params":{"litellm_model_name":"gpt-4o"}})";

// A success of a model of a provider's, and what else is in it.
std::string payload_of(const std::string& provider, const std::string& model,
                       const std::string& fields) {
  return R"({"id":"c","call_type":"acompletion","status":"success","hidden_params":{},)"
         R"("endTime":1795168800.5,"custom_llm_provider":")" +
         provider + R"(","model":")" + model + R"(",)" + fields + "}";
}

}  // namespace

TEST_CASE("LiteLLM: times are seconds with a fraction, and the cost is its own price list's") {
  const PricedEvent event = priced(kOne);
  CHECK(event.format == "litellm");
  CHECK(event.model == "openai/gpt-4o");
  CHECK(event.counts == "10 input, 20 output");
  // 10 x 2.50 + 20 x 10 = 25 + 200 = 225
  CHECK(event.cost == 225'000'000);
  CHECK(event.basis == "computed");
  CHECK(event.who == "user cust-7, team payments, key checkout, session 97311c60, tag job:nightly");
  // 70.07935 s - 68.28466 s, both cut to milliseconds
  CHECK(event.rest ==
        "id chatcmpl-2299b6a2, of litellm, chat, 200, 1795 ms, at 1766000070079, "
        "reported $0.000225");
}

TEST_CASE("LiteLLM: a batch is an array, or an object a line, by how its callback is set") {
  std::string line = kOne;
  std::erase(line, '\n');
  for (const std::string& batch : {"[" + line + "," + line + "]", line + "\n" + line + "\n"}) {
    const PricedRecord record(batch);
    CHECK(record.set_aside.empty());
    REQUIRE(record.events.size() == 2);
    CHECK(record.events[1].cost == 225'000'000);
  }
}

TEST_CASE("LiteLLM: prompt tokens include what a cache held and what was written to one") {
  const PricedEvent event = priced(payload_of("anthropic", "claude-sonnet-4-5", R"(
    "prompt_tokens":3200,"completion_tokens":310,"total_tokens":3510,"response_cost":0.0241102,
    "metadata":{"usage_object":{"prompt_tokens":3200,"completion_tokens":310,"total_tokens":3510,
      "cache_read_input_tokens":1024,"cache_creation_input_tokens":2000,
      "prompt_tokens_details":{"cached_tokens":1024,"text_tokens":176,"cache_creation_tokens":2000,
        "cache_creation_token_details":{"ephemeral_5m_input_tokens":1500,
          "ephemeral_1h_input_tokens":500}},
      "completion_tokens_details":{"reasoning_tokens":120,"text_tokens":190},
      "server_tool_use":{"web_search_requests":1,"tool_search_requests":3}}})"));
  CHECK(event.counts ==
        "176 input, 1024 cache_read, 1500 cache_write, 500 cache_write_1h, 310 output, "
        "120 reasoning, 1 web_search");  // 3200 - 1024 - 1500 - 500 = 176
  // 176 x 3 + 1024 x 0.30 + 1500 x 3.75 + 500 x 6 + 310 x 15 + 10,000 for the search
  // = 528 + 307.2 + 5625 + 3000 + 4650 + 10,000 = 24110.2
  CHECK(event.cost == 24'110'200'000);
  CHECK(event.rest.ends_with("reported $0.0241102"));
}

TEST_CASE("LiteLLM: what lives half an hour or twelve in a cache is written all the same") {
  const PricedEvent event = priced(payload_of("anthropic", "claude-sonnet-4-5", R"(
    "prompt_tokens":1000,"completion_tokens":0,"metadata":{"usage_object":{
      "cache_creation_input_tokens":800,"prompt_tokens_details":{"cache_creation_tokens":800,
        "cache_creation_token_details":{"ephemeral_5m_input_tokens":100,
          "ephemeral_30m_input_tokens":200,"ephemeral_1h_input_tokens":200,
          "ephemeral_12h_input_tokens":300}}}})"));
  // No list has a price of those: that of a write.
  CHECK(event.counts == "200 input, 600 cache_write, 200 cache_write_1h");
  // 200 x 3 + (100 + 200 + 300) x 3.75 + 200 x 6 = 600 + 2250 + 1200 = 4050
  CHECK(event.cost == 4'050'000'000);
}

TEST_CASE("LiteLLM: Gemini's completion has its thoughts in it, and audio has its own price") {
  const PricedEvent event = priced(payload_of("vertex_ai", "gemini-2.5-flash", R"(
    "prompt_tokens":1000,"completion_tokens":310,"total_tokens":1310,
    "metadata":{"usage_object":{"prompt_tokens":1000,"completion_tokens":310,"total_tokens":1310,
      "prompt_tokens_details":{"cached_tokens":400,"text_tokens":350,"audio_tokens":250,
        "image_tokens":0,"video_tokens":0},
      "completion_tokens_details":{"reasoning_tokens":100,"text_tokens":210}}})"));
  CHECK(event.model == "google/gemini-2.5-flash");
  CHECK(event.counts == "350 input, 400 cache_read, 310 output, 100 reasoning, 250 input_audio");
  // 350 x 0.30 + 400 x 0.03 + 250 x 1 + 310 x 2.50 = 105 + 12 + 250 + 775 = 1142
  CHECK(event.cost == 1'142'000'000);
}

TEST_CASE(
    "LiteLLM: a hit of its cache tells the tokens of the first answer again, and costs nothing") {
  for (const char* hit : {"true", R"("True")"}) {
    const PricedEvent event = priced(payload_of("openai", "gpt-4o",
                                                R"("prompt_tokens":10,"completion_tokens":20,
      "response_cost":0.0,"saved_cache_cost":0.000225,"cache_key":"k","cache_hit":)" +
                                                    std::string(hit)));
    CHECK(event.basis == "cached");
    CHECK(event.cost == 0);
    CHECK(event.saving == 225'000'000);  // 10 x 2.50 + 20 x 10
    CHECK(event.counts == "10 input, 20 output");
  }
}

TEST_CASE("LiteLLM: a failure has the provider's status, and 0 is no cost of it") {
  const PricedEvent event = priced(R"({"id":"f","call_type":"acompletion","status":"failure",
    "custom_llm_provider":"openai","model":"gpt-4o","response_cost":0,"prompt_tokens":0,
    "completion_tokens":0,"total_tokens":0,"startTime":1766000068,"endTime":1766000069,
    "error_str":"RateLimitError","error_information":{"error_code":"429",
      "error_class":"RateLimitError","llm_provider":"openai","traceback":"File secret.py"},
    "metadata":{"user_api_key_team_id":"t1","user_api_key_hash":"88dc28"}})");
  CHECK(event.cost == 0);
  CHECK(event.who == "team t1, key 88dc28");
  CHECK(event.rest == "id f, of litellm, chat, 429, 1000 ms, at 1766000069000");
}

TEST_CASE("LiteLLM: the tier that was charged is in its breakdown") {
  const PricedEvent event = priced(payload_of("openai", "o3", R"(
    "prompt_tokens":1000,"completion_tokens":100,"cost_breakdown":{"service_tier":"flex"})"));
  // 1000 x 1 + 100 x 4 = 1400, half of the standard 2 and 8
  CHECK(event.cost == 1'400'000'000);
  CHECK(event.basis == "computed, flex");
}

TEST_CASE("LiteLLM: what is not counted in tokens has 0 of them, and costs what LiteLLM says") {
  // An image, and a transcription: 0.04 and 0.0006 dollars.
  const PricedEvent image = priced(payload_of("openai", "dall-e-3", R"(
    "prompt_tokens":0,"completion_tokens":0,"total_tokens":0,"response_cost":0.04)"));
  CHECK(image.basis == "reported");
  CHECK(image.cost == 40'000'000'000);
  const PricedEvent spoken = priced(payload_of("openai", "whisper-1", R"("response_cost":0.0006,
    "prompt_tokens":0,"completion_tokens":0,"metadata":{"usage_object":{"prompt_tokens":0,
      "completion_tokens":0,"prompt_tokens_details":{"audio_length_seconds":6}}})"));
  CHECK(spoken.basis == "reported");
  CHECK(spoken.cost == 600'000'000);
}

TEST_CASE("LiteLLM: who asked, from whom and in what, by its second names") {
  const PricedEvent event = priced(R"({"litellm_call_id":"call-1","call_type":"aresponses",
    "status":"success","model":"","model_map_information":{"model_map_key":"gpt-4o"},
    "hidden_params":{"upstream_provider":"azure"},"custom_llm_provider":null,
    "prompt_tokens":1000,"completion_tokens":100,"endTime":1795168800,"session_id":"s-1",
    "trace_id":"t-1","end_user":null,"requester_ip_address":"10.0.0.7","user_agent":"curl",
    "messages":[{"role":"user","content":"secret"}],"response":{"choices":[]},
    "request_tags":["a","b"],
    "metadata":{"user_api_key_end_user_id":"u-9","user_api_key_project_alias":"shop",
      "user_api_key_team_alias":"growth","user_api_key_alias":"ci","agent_id":"crawler",
      "user_api_key_user_email":"secret","requester_ip_address":"10.0.0.7",
      "requester_metadata":{"Environment":"staging"},"spend_logs_metadata":{"Feature":"search"}}})");
  CHECK(event.model == "azure/gpt-4o");
  CHECK(event.cost == 3'500'000'000);  // 1000 x 2.50 + 100 x 10
  CHECK(event.who ==
        "user u-9, service shop, team growth, key ci, environment staging, agent crawler, "
        "session s-1, tag a, tag b, Environment = staging, Feature = search");
  CHECK(event.rest == "id call-1, of litellm, chat, 200, at 1795168800000");
}

TEST_CASE(
    "LiteLLM: its payload of old, all of whose values are texts of Python, is set aside by name") {
  const PricedRecord record(R"x({"id":"chatcmpl-1","call_type":"acompletion","cache_hit":"None",
    "startTime":"2026-11-20 10:00:00.250000","endTime":"2026-11-20 10:00:01.500000",
    "model":"gpt-4o","user":"u","modelParameters":"{'stream': True}","messages":"[]",
    "response":"ModelResponse()","usage":"Usage(completion_tokens=20, prompt_tokens=10)",
    "metadata":"{}"})x");
  CHECK(record.events.empty());
  CHECK(record.set_aside ==
        std::vector<std::string>{"wrong_type: usage: Usage(completion_tokens=20, prompt_token..."});
}
