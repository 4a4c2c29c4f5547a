// SPDX-License-Identifier: Apache-2.0
#pragma once

// One request each, as gateways write it.
namespace tocsin::samples {

inline constexpr const char* kApisix =
    R"({"start_time":1763700000760,"client_ip":"10.0.0.7","service_id":"","route_id":"ai-1","latency":1794.2,
 "consumer":{"username":"team-a"},"upstream":"api.openai.com:443",
 "request":{"method":"POST","uri":"/v1/chat/completions","headers":{"x-team":"payments"},"size":812},
 "response":{"status":200,"size":1432,"headers":{}},
 "llm_summary":{"request_model":"gpt-4o","model":"gpt-4o-2024-08-06","duration":412,"prompt_tokens":1200,
  "completion_tokens":310,"total_tokens":1510,"upstream_response_time":1794,"stream":true,"tool_count":0,
  "has_tool_calls":false,"end_user_id":"user-1","cache_read_input_tokens":1024,
  "cache_creation_input_tokens":0,"reasoning_tokens":0}})";

inline constexpr const char* kKong =
    R"({"started_at":1763700000760,"client_ip":"10.0.0.7","consumer":{"username":"payments"},"route":{"name":"ai"},
 "ai":{"proxy":{"meta":{"plugin_id":"546c3856","provider_name":"openai","request_model":"gpt-4o",
   "response_model":"gpt-4o-2024-08-06","llm_latency":2670},
  "usage":{"prompt_tokens":28,"completion_tokens":20,"total_tokens":48,"time_per_token":133,"cost":0.0038}}},
 "response":{"status":200}})";

inline constexpr const char* kEnvoy =
    R"({"start_time":"2026-11-21T16:51:37.894Z","gen_ai.request.model":"gpt-4o-mini",
 "gen_ai.response.model":"gpt-4o-mini-2024-07-18",
 "gen_ai.provider.name":"default/openai/route/aigw/rule/0/ref/0","gen_ai.usage.input_tokens":15,
 "gen_ai.usage.output_tokens":7,"gen_ai.usage.total_tokens":22,"response_code":200,"duration":1526,
 "x-request-id":"83b63da3","session.id":null})";

inline constexpr const char* kHigress =
    R"({"ai_log":"{\"model\":\"qwen-turbo\",\"input_token\":\"10\",\"output_token\":\"69\",\"cached_tokens\":\"8\",\"reasoning_tokens\":\"25\",\"session_id\":\"s1\",\"consumer\":\"team-a\",\"llm_service_duration\":\"1955\"}",
 "start_time":"2026-11-21T05:00:00.000Z"})";

inline constexpr const char* kOpenRouter =
    R"({"id":"gen-1","model":"anthropic/claude-sonnet-4.5","usage":{"prompt_tokens":1200,"completion_tokens":310,
 "total_tokens":1510,"cost":0.00825,"is_byok":false,
 "cost_details":{"upstream_inference_cost":null,"upstream_inference_prompt_cost":0.0036,
  "upstream_inference_completions_cost":0.00465,"server_tool_cost":0},
 "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},
 "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0},"server_tool_use_details":{}}})";

inline constexpr const char* kPortkey =
    R"({"id":"a1","trace_id":"t1","created_at":"2026-11-21T05:00:00Z","ai_org":"openai","ai_model":"gpt-4o",
 "req_units":1200.0,"res_units":310.0,"total_units":1510.0,"cost":0.61,"cost_currency":"USD",
 "response_time":1794,"response_status_code":200,"metadata":{"_user":"u1","team":"payments"}})";

inline constexpr const char* kLangfuse =
    R"({"id":"obs-1","traceId":"t1","type":"GENERATION","name":"chat","startTime":"2026-11-21T05:00:00.000Z",
 "endTime":"2026-11-21T05:00:01.794Z","model":"gpt-4o","environment":"prod","userId":"u1","sessionId":"s1",
 "level":"DEFAULT","usageDetails":{"input":176,"input_cached_tokens":1024,"output":310,"total":1510},
 "costDetails":{"input":0.00044,"input_cached_tokens":0.00128,"output":0.0031,"total":0.00482},"metadata":{}})";

// Of its database: JSON in texts, a time without an offset. 1300 of the prompt = 176 + 1024 read +
// 100 written.
inline constexpr const char* kSpendLog =
    R"({"request_id":"chatcmpl-1","call_type":"acompletion","api_key":"88dc28d0f030","spend":0.0058602,
 "total_tokens":1610,"prompt_tokens":1300,"completion_tokens":310,"startTime":"2025-12-17T21:21:08.284",
 "endTime":"2025-12-17T21:21:10.079","completionStartTime":"2025-12-17T21:21:09","model":"claude-sonnet-4-5",
 "model_group":"sonnet","custom_llm_provider":"anthropic","api_base":"https://api.anthropic.com","user":"u-1",
 "metadata":"{\"user_api_key_alias\":\"checkout\",\"user_api_key_team_alias\":\"payments\",\"usage_object\":{\"prompt_tokens\":1300,\"completion_tokens\":310,\"cache_read_input_tokens\":1024,\"cache_creation_input_tokens\":100,\"prompt_tokens_details\":{\"cached_tokens\":1024}},\"spend_logs_metadata\":{\"Feature\":\"chat\"}}",
 "cache_hit":"False","cache_key":"Cache OFF","request_tags":"[\"job:nightly\",\"v2\"]","team_id":"t-1",
 "end_user":"cust-7","requester_ip_address":"10.0.0.1","messages":"{}","response":"{}","proxy_server_request":"{}",
 "session_id":"s-1","request_duration_ms":1794,"status":"success"})";

}  // namespace tocsin::samples
