// SPDX-License-Identifier: Apache-2.0
// Every pointer of the shipped mapping files, each once: what it points at must be seen in an
// event.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "collect.h"

using namespace tocsin;

namespace {

class Said {
 public:
  Said& operator()(std::string_view name, std::string_view text) {
    if (!text.empty()) all_ += std::string(name) + " " + std::string(text) + "; ";
    return *this;
  }
  std::string all() { return all_.empty() ? all_ : all_.substr(0, all_.size() - 2); }

 private:
  std::string all_;
};

// Whatever an event says, but for its producer.
std::string said(const Event& event) {
  Said say;
  say("id", event.id)("ms", event.time ? std::to_string(to_ms(*event.time)) : "");
  say("by", event.provider)("model", event.model)("op", event.operation);
  say("tier", event.service_tier)("status", event.status ? std::to_string(*event.status) : "");
  say("took", event.latency_ms ? std::to_string(*event.latency_ms) : "");
  say("cost", event.reported_cost ? event.reported_cost->text() : "");
  say("cached", event.cached ? "yes" : "")("byok", event.byok ? "yes" : "");
  say("user", event.user)("service", event.service)("team", event.team)("key", event.key);
  say("environment", event.environment)("agent", event.agent)("session", event.session);
  for (const Property& one : event.properties) say(one.name, one.value);
  for (std::size_t i = 0; i < kUnits; ++i) {
    if (event.usage.counts[i] != 0) say(kUnitNames[i], std::to_string(event.usage.counts[i]));
  }
  for (const auto& [unit, count] : event.usage.others) say(unit, std::to_string(count));
  return say.all();
}

std::string said_by(Format format, std::string_view record) {
  INFO(record);
  const Decoded decoded(record, format);
  if (!decoded.bad.empty()) return decoded.bad[0].detail;
  return decoded.events.empty() ? "nothing" : said(decoded.events[0]);
}

}  // namespace

TEST_CASE("APISIX: every field of an entry that has all of them") {
  CHECK(
      said_by(Format::apisix, R"({"start_time":5000,"latency":7,"service_id":"sv","route_id":"rt",
    "consumer":{"username":"us","consumer_name":"cn"},"response":{"status":200},
    "request":{"headers":{"x-request-id":"r1"}},"llm_summary":{"model":"gpt-4o","request_model":"x",
    "request_id":"r2","end_user_id":"eu","prompt_tokens":100,"cache_read_input_tokens":30,
    "cache_creation_input_tokens":20,"completion_tokens":9,"reasoning_tokens":4}})") ==
      "id r1; ms 5000; by openai; model gpt-4o; op chat; status 200; took 7; user eu; service sv; "
      "team us; key cn; Route rt; input 50; cache_read 30; cache_write 20; output 9; reasoning 4");
  CHECK(said_by(Format::apisix, R"({"consumer":{"group_id":"gr"},
    "llm_summary":{"request_model":"gpt-4","request_id":"r2"}})") ==
        "id r2; by openai; model gpt-4; op chat; team gr");
}

TEST_CASE("Kong: every field of an entry that has all of them") {
  CHECK(said_by(Format::kong, R"({"started_at":5000,"consumer":{"username":"us","custom_id":"ci"},
    "route":{"name":"rt"},"service":{"name":"sv"},"request":{"id":"r1"},"response":{"status":429},
    "latencies":{"request":8},"ai":{"proxy":{"meta":{"provider_name":"azure","request_model":"x",
    "response_model":"gpt-4o","llm_latency":7},"cache":{"cache_status":"Hit"},
    "usage":{"prompt_tokens":28,"completion_tokens":20,"cost":0.5}}}})") ==
        "id r1; ms 5000; by azure; model gpt-4o; op chat; status 429; took 7; cost 0.5; "
        "cached yes; service sv; team us; key ci; Route rt; input 28; output 20");
  CHECK(said_by(Format::kong, R"({"consumer":{"custom_id":"ci"},"latencies":{"request":8},
    "ai":{"proxy":{"meta":{"request_model":"gpt-4"},"cache":{"cache_status":"HIT"}}}})") ==
        "by openai; model gpt-4; op chat; took 8; cached yes; team ci; key ci");
  CHECK(said_by(Format::kong, R"({"consumer":{"username":"us"},
    "ai":{"proxy":{"cache":{"cache_status":"hit"}}}})") == "op chat; cached yes; team us; key us");
  CHECK(said_by(Format::kong, R"({"ai":{"proxy":{"cache":{"cache_status":"Miss"}}}})") ==
        "op chat");
}

TEST_CASE("Envoy AI Gateway: every field of a line that has all of them") {
  CHECK(
      said_by(Format::envoy_ai_gateway, R"({"start_time":"1970-01-01T00:00:05Z","x-request-id":"r1",
    "gen_ai.response.model":"gpt-4o","gen_ai.request.model":"x","gen_ai.operation.name":"embeddings",
    "gen_ai.provider.name":"a/b","response_code":200,"duration":7,"user.id":"us","x-user-id":"y",
    "team.id":"tm","x-team-id":"z","session.id":"se","gen_ai.usage.input_tokens":100,
    "gen_ai.usage.cached_input_tokens":30,"gen_ai.usage.cache_read.input_tokens":1,
    "gen_ai.usage.cache_creation_input_tokens":20,"gen_ai.usage.cache_creation.input_tokens":1,
    "gen_ai.usage.output_tokens":9,"gen_ai.usage.reasoning_tokens":4})") ==
      "id r1; ms 5000; by openai; model gpt-4o; op embeddings; status 200; took 7; user us; "
      "team tm; session se; Backend a/b; input 50; cache_read 30; cache_write 20; output 9; "
      "reasoning 4");
  CHECK(
      said_by(Format::envoy_ai_gateway, R"({"gen_ai.request.model":"gpt-4","x-user-id":"us",
    "x-team-id":"tm","gen_ai.usage.input_tokens":100,"gen_ai.usage.cache_read.input_tokens":30,
    "gen_ai.usage.cache_creation.input_tokens":20})") ==
      "by openai; model gpt-4; op chat; user us; team tm; input 50; cache_read 30; cache_write 20");
}

TEST_CASE("Higress: every field of a line that has all of them") {
  CHECK(said_by(Format::higress, R"({"request_id":"r1","x_request_id":"y","response_code":200,
    "start_time":"1970-01-01T00:00:05Z","ai_log":{"response_model":"qwen-max","model":"x",
    "llm_service_duration":"7","api":"sv","consumer":"tm","session_id":"se","input_token":"100",
    "cached_tokens":"30","output_token":"9","reasoning_tokens":"4"}})") ==
        "id r1; ms 5000; by alibaba; model qwen-max; op chat; status 200; took 7; service sv; "
        "team tm; key tm; session se; input 70; cache_read 30; output 9; reasoning 4");
  CHECK(said_by(Format::higress, R"({"x_request_id":"r2","ai_log":{"model":"qwen-plus"}})") ==
        "id r2; by alibaba; model qwen-plus; op chat");
}

TEST_CASE("OpenRouter: every field of an answer that has all of them") {
  CHECK(
      said_by(Format::openrouter, R"({"id":"g1","created":5,"model":"a/b","service_tier":"flex",
    "user":"us","usage":{"cost":0.5,"is_byok":true,"prompt_tokens":100,"completion_tokens":50,
    "prompt_tokens_details":{"cached_tokens":30,"cache_write_tokens":20,"audio_tokens":10,
    "image_tokens":4,"video_tokens":1},"completion_tokens_details":{"reasoning_tokens":7,
    "audio_tokens":5,"image_tokens":8},
    "server_tool_use_details":{"web_search_requests":2}}})") ==
      "id g1; ms 5000; by openrouter; model a/b; op chat; tier flex; cost 0.5; "
      "byok yes; user us; input 35; cache_read 30; cache_write 20; output 37; reasoning 7; "
      "input_audio 10; output_audio 5; web_search 2; input_image 4; input_video 1; output_image 8");
}

TEST_CASE("Portkey: every field of a line that has all of them") {
  CHECK(said_by(Format::portkey, R"({"id":"p1","trace_id":"se","created_at":"1970-01-01T00:00:05Z",
    "ai_org":"azure-openai","ai_model":"gpt-4o","req_units":10.0,"res_units":5,"cost":50,
    "response_time":7,"response_status_code":200,"prompt_slug":"sl","metadata":{"_user":"us",
    "team":"tm","_environment":"en","environment":"x"}})") ==
        "id p1; ms 5000; by azure-openai; model gpt-4o; op chat; status 200; took 7; "
        "cost 0.5; user us; team tm; environment en; session se; _user us; team tm; "
        "_environment en; environment x; Prompt sl; input 10; output 5");
  CHECK(said_by(Format::portkey, R"({"ai_model":"gpt-4","metadata":{"environment":"en"}})") ==
        "by openai; model gpt-4; op chat; environment en; environment en");
}

TEST_CASE("Langfuse: every field of an observation that has all of them") {
  CHECK(
      said_by(Format::langfuse, R"({"id":"o1","traceId":"t","type":"EMBEDDING","name":"nm",
    "startTime":"1970-01-01T00:00:04Z","endTime":"1970-01-01T00:00:05Z","model":"gpt-4o",
    "providedModelName":"x","environment":"en","userId":"us","sessionId":"se","level":"DEFAULT",
    "metadata":{"Feature":"chat"},"costDetails":{"total":0.5},"totalCost":1,"usageDetails":{
    "input":50,"input_cached_tokens":30,"input_cache_creation":20,"input_cache_creation_1h":10,
    "input_audio_tokens":6,"output":9,"output_reasoning_tokens":4,"output_audio_tokens":3}})") ==
      "id o1; ms 5000; by openai; model gpt-4o; op chat; cost 0.5; user us; "
      "environment en; session se; Feature chat; Name nm; input 50; cache_read 30; cache_write 20; "
      "cache_write_1h 10; output 13; reasoning 4; input_audio 6; output_audio 3");
  CHECK(said_by(Format::langfuse, R"({"traceId":"t","type":"GENERATION","totalCost":0.5,
    "startTime":"1970-01-01T00:00:04Z","providedModelName":"gpt-4"})") ==
        "ms 4000; by openai; model gpt-4; op chat; cost 0.5; session t");
  CHECK(said_by(Format::langfuse, R"({"type":"GENERATION","calculatedTotalCost":0.5})") ==
        "op chat; cost 0.5");
}

TEST_CASE("Langfuse: one bucket has several names, by who wrote it") {
  const auto bucket = [](const std::string& name) {
    return said_by(Format::langfuse,
                   R"({"type":"GENERATION","usageDetails":{")" + name + R"(":7}})");
  };
  for (const char* name : {"input", "input_tokens", "prompt_tokens"}) {
    CHECK(bucket(name) == "op chat; input 7");
  }
  for (const char* name : {"input_cached_tokens", "input_cache_read", "cache_read_input_tokens"}) {
    CHECK(bucket(name) == "op chat; cache_read 7");
  }
  for (const char* name :
       {"input_cache_creation", "cache_creation_input_tokens", "input_cache_creation_5m"}) {
    CHECK(bucket(name) == "op chat; cache_write 7");
  }
  for (const char* name : {"output", "output_tokens", "completion_tokens"}) {
    CHECK(bucket(name) == "op chat; output 7");
  }
  for (const char* name : {"output_reasoning_tokens", "output_reasoning"}) {
    CHECK(bucket(name) == "op chat; output 7; reasoning 7");
  }
}

// Each row has a field from one place alone.
TEST_CASE("LiteLLM's spend log: every field of a row, from each place that has it") {
  const auto row = [](const std::string& rest) {
    return said_by(Format::litellm_spendlogs, R"({"request_id":"r",)" + rest + "}");
  };
  CHECK(row(R"("endTime":5000,"startTime":4000,"custom_llm_provider":"vertex_ai","model":"m",
      "model_group":"g","call_type":"aembedding","status":"failure","request_duration_ms":7,
      "spend":0.5,"end_user":"eu","team_id":"ti","api_key":"ak","agent_id":"ag","session_id":"se",
      "prompt_tokens":100,"completion_tokens":20)") ==
        "id r; ms 5000000; by google; model m; op aembedding; status 500; took 7; cost 0.5; "
        "user eu; team ti; key ak; agent ag; session se; input 100; output 20");
  CHECK(row(R"("startTime":4000,"model_group":"g","cache_hit":"True","metadata":{
      "user_api_key_end_user_id":"eu","user_api_key_project_alias":"pa",
      "user_api_key_team_alias":"ta","user_api_key_team_id":"x","user_api_key_alias":"ka",
      "requester_metadata":{"A":"1"},"spend_logs_metadata":{"B":"2"}},"team_id":"x","api_key":"x")") ==
        "id r; ms 4000000; model g; cached yes; user eu; service pa; team ta; key ka; A 1; B 2");
  CHECK(row(R"("metadata":{"user_api_key_team_id":"ti"})") == "id r; team ti");
  const std::string tokens = R"("prompt_tokens":100,"completion_tokens":20,"metadata":)";
  CHECK(row(tokens + R"({"usage_object":{"prompt_tokens_details":{"cached_tokens":10,
      "audio_tokens":5,"cache_creation_token_details":{"ephemeral_5m_input_tokens":20,
      "ephemeral_1h_input_tokens":30}},"completion_tokens_details":{"reasoning_tokens":4,
      "audio_tokens":6},"server_tool_use":{"web_search_requests":2}}})") ==
        "id r; input 35; cache_read 10; cache_write 20; cache_write_1h 30; output 14; reasoning 4; "
        "input_audio 5; output_audio 6; web_search 2");
  const std::string cached = R"({"cache_read_input_tokens":10,"cache_creation_input_tokens":20}})";
  CHECK(row(tokens + R"({"usage_object":)" + cached) ==
        "id r; input 70; cache_read 10; cache_write 20; output 20");
  CHECK(row(tokens + R"({"additional_usage_values":)" + cached) ==
        "id r; input 70; cache_read 10; cache_write 20; output 20");
}
