// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"

using namespace tocsin;

namespace {

using UnitCounts = std::array<std::int64_t, kUnits>;

std::string enveloped(const std::string& response, const std::string& fields = "") {
  return R"({"provider":"p",)" + fields + R"("response":)" + response + "}";
}

using Others = std::vector<std::pair<std::string_view, std::int64_t>>;

// The same usage bare and in an envelope.
void reads(const std::string& response, const UnitCounts& expected, const Others& others = {}) {
  for (const std::string& record : {response, enveloped(response)}) {
    INFO(record);
    const Decoded decoded(record);
    CHECK(decoded.decoder.format() == Format::response);
    CHECK(decoded.only().usage.counts == expected);
    CHECK(decoded.only().usage.others == others);
  }
}

}  // namespace

TEST_CASE("OpenAI's chat: cached and audio tokens are within the prompt") {
  // 1200 = 1024 cached + 16 audio + 160 text; 310 with 120 of reasoning, 10 of audio.
  reads(R"({"id":"chatcmpl-9x","object":"chat.completion","created":1763700000,
    "model":"gpt-4o-2024-08-06","choices":[{"message":{"content":"secret"}}],
    "usage":{"prompt_tokens":1200,"completion_tokens":310,"total_tokens":1510,
      "prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":16},
      "completion_tokens_details":{"reasoning_tokens":120,"audio_tokens":10,
        "accepted_prediction_tokens":0,"rejected_prediction_tokens":5}},
    "service_tier":"default"})",
        {160, 1024, 0, 0, 300, 120, 16, 10, 0});
}

TEST_CASE("OpenAI's chat: what was written to a cache is within the prompt, too") {
  // 3200 = 176 + 1024 read + 2000 written.
  reads(R"({"model":"m","usage":{"prompt_tokens":3200,"completion_tokens":1,
    "prompt_tokens_details":{"cached_tokens":1024,"cache_write_tokens":2000}}})",
        {176, 1024, 2000, 0, 1, 0, 0, 0, 0});
}

TEST_CASE("OpenAI's responses: cached tokens are within the input, searches are in the output") {
  // Of three calls of the web one opened a page, which is free.
  reads(R"({"id":"resp_1","object":"response","created_at":1763700000,"status":"completed",
    "error":null,"model":"gpt-5","output":[
      {"type":"web_search_call","status":"completed","action":{"type":"search","query":"secret"}},
      {"type":"web_search_call","action":{"type":"open_page"}},{"type":"web_search_call"},
      {"type":"message","content":[]}],
    "usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024},
      "output_tokens":310,"output_tokens_details":{"reasoning_tokens":120},"total_tokens":1510}})",
        {176, 1024, 0, 0, 310, 120, 0, 0, 2});
}

TEST_CASE("Anthropic's messages: cached tokens are beside the input, by how long they live") {
  reads(R"({"id":"msg_1","type":"message","model":"claude-sonnet-4-5-20250929",
    "usage":{"input_tokens":176,"cache_read_input_tokens":1024,"cache_creation_input_tokens":2000,
      "cache_creation":{"ephemeral_5m_input_tokens":1500,"ephemeral_1h_input_tokens":500},
      "output_tokens":310,"output_tokens_details":{"thinking_tokens":100},
      "server_tool_use":{"web_search_requests":1,"web_fetch_requests":0},
      "service_tier":"standard"}})",
        {176, 1024, 1500, 500, 310, 100, 0, 0, 1});
  // Without how long: five minutes.
  reads(R"({"model":"claude","usage":{"input_tokens":176,"cache_read_input_tokens":0,
    "cache_creation_input_tokens":2000,"output_tokens":310}})",
        {176, 0, 2000, 0, 310, 0, 0, 0, 0});
}

TEST_CASE(
    "Gemini: cached tokens are within the prompt, thoughts and tools beside what they look in") {
  // 1200 = 1024 + 176, and 50 that tools put in; 210 + 100 thoughts.
  reads(R"({"modelVersion":"gemini-2.5-pro","responseId":"r-1","createTime":"2026-11-20T10:00:00Z",
    "candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],
    "usageMetadata":{"promptTokenCount":1200,"cachedContentTokenCount":1024,
      "candidatesTokenCount":210,"thoughtsTokenCount":100,"toolUsePromptTokenCount":50,
      "totalTokenCount":1560,"promptTokensDetails":[{"modality":"TEXT","tokenCount":1200}],
      "trafficType":"ON_DEMAND"}})",
        {226, 1024, 0, 0, 310, 100, 0, 0, 1});
  // From 3 on each query costs. Audio: 100 of the prompt, 40 of it cached; 30 of the answer.
  reads(R"({"modelVersion":"gemini-3-pro","usageMetadata":{"promptTokenCount":1000,
      "cachedContentTokenCount":400,"candidatesTokenCount":50,
      "promptTokensDetails":[{"modality":"TEXT","tokenCount":900},{"modality":"AUDIO","tokenCount":100}],
      "cacheTokensDetails":[{"tokenCount":40,"modality":"AUDIO"}],
      "candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":30}]},
    "candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}]})",
        {540, 360, 0, 0, 20, 0, 60, 30, 2}, {{"cache_audio_read", 40}});
}

TEST_CASE("Gemini: images and video are apart, in the prompt, its cache and the answer") {
  // 2000 = 1000 cached (200 image, 300 video, 500 text) + 1000 fresh (58 + 200 images in two parts,
  // less the 200 cached; 400 - 300 video; 842 text). Pages of a document are priced as text. The
  // answer: 1290 image, 7 video, 10 text, and thoughts of 20 within the rest.
  reads(R"({"modelVersion":"gemini-2.5-flash-image","usageMetadata":{"promptTokenCount":2000,
      "cachedContentTokenCount":1000,"candidatesTokenCount":1307,"thoughtsTokenCount":20,
      "promptTokensDetails":[{"modality":"TEXT","tokenCount":1242},{"modality":"IMAGE","tokenCount":58},
        {"modality":"VIDEO","tokenCount":400},{"modality":"IMAGE","tokenCount":200},
        {"modality":"DOCUMENT","tokenCount":100}],
      "cacheTokensDetails":[{"modality":"IMAGE","tokenCount":200},{"modality":"VIDEO","tokenCount":300}],
      "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290},{"modality":"VIDEO","tokenCount":7}]}})",
        {842, 500, 0, 0, 30, 20, 0, 0, 0},
        {{"cache_image_read", 200},
         {"input_image", 58},
         {"cache_video_read", 300},
         {"input_video", 100},
         {"output_image", 1290},
         {"output_video", 7}});
}

TEST_CASE("OpenAI's Realtime: audio and images are within the input, cached or not") {
  // 1000 = 600 cached (350 audio, 50 image, 200 text) + 400 fresh (500 - 350 audio, 100 - 50
  // image, 200 text); 121 = 91 audio + 30 text.
  reads(R"({"id":"resp_1","object":"realtime.response","model":"gpt-realtime-mini","usage":{
      "total_tokens":1121,"input_tokens":1000,"output_tokens":121,
      "input_token_details":{"text_tokens":400,"audio_tokens":500,"image_tokens":100,"cached_tokens":600,
        "cached_tokens_details":{"text_tokens":200,"audio_tokens":350,"image_tokens":50}},
      "output_token_details":{"text_tokens":30,"audio_tokens":91}}})",
        {200, 200, 0, 0, 30, 0, 150, 91, 0},
        {{"cache_audio_read", 350}, {"cache_image_read", 50}, {"input_image", 50}});
}

TEST_CASE("Kinds of tokens that are more than what holds them are cut to it, and told") {
  // 100, of it 30 cached: at most 30 cached audio, then at most 70 images; 5 of output.
  const Decoded decoded(R"({"model":"m","usage":{"prompt_tokens":100,"completion_tokens":5,
    "prompt_tokens_details":{"cached_tokens":30,"image_tokens":90,
      "cached_tokens_details":{"audio_tokens":40,"image_tokens":1}},
    "completion_tokens_details":{"image_tokens":9}}})");
  CHECK(decoded.only().usage.counts == UnitCounts{});
  CHECK(decoded.only().usage.others ==
        Others{{"cache_audio_read", 30}, {"input_image", 70}, {"output_image", 5}});
  CHECK(decoded.decoder.counts().counts_mended == 4);
}

TEST_CASE("Bedrock's Converse: cached tokens are beside the input") {
  const std::string response =
      R"({"output":{"message":{"content":[{"text":"secret"}]}},"stopReason":"end_turn",
    "metrics":{"latencyMs":1794},"serviceTier":{"type":"priority"},
    "usage":{"inputTokens":176,"outputTokens":310,"totalTokens":3510,"cacheReadInputTokens":1024,
      "cacheWriteInputTokens":2000,"cacheDetails":[{"ttl":"1h","inputTokens":500},
                                                   {"inputTokens":1500,"ttl":"5m"}]}})";
  reads(response, {176, 1024, 1500, 500, 310, 0, 0, 0, 0});
  const Decoded bare(response);
  CHECK(bare.only().provider == "aws");
  CHECK(bare.only().latency_ms == 1794);
  CHECK(bare.only().service_tier == "priority");
}

TEST_CASE("OpenRouter's response has its cost, and whose key it was") {
  const Decoded decoded(R"({"id":"gen-1","model":"anthropic/claude-sonnet-4.5","usage":{
    "prompt_tokens":1200,"completion_tokens":310,"total_tokens":1510,"cost":0.00825,"is_byok":true,
    "cost_details":{"upstream_inference_cost":null},
    "prompt_tokens_details":{"cached_tokens":0,"cache_write_tokens":0,"audio_tokens":0,"video_tokens":0},
    "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0},"server_tool_use_details":{}}})");
  CHECK(decoded.only().usage.counts == UnitCounts{1200, 0, 0, 0, 310, 0, 0, 0, 0});
  CHECK(decoded.only().reported_cost == Money::parse("0.00825"));
  CHECK(decoded.only().byok);
}

TEST_CASE("Anthropic's fast mode is a tier, whatever tier it names") {
  for (const char* usage : {R"({"input_tokens":1,"speed":"fast","service_tier":"standard"})",
                            R"({"input_tokens":1,"service_tier":"standard","speed":"fast"})"}) {
    CHECK(Decoded(R"({"model":"claude","usage":)" + std::string(usage) + "}").only().service_tier ==
          "fast");
  }
}

TEST_CASE("A bare response tells its id, its time and, by its model, its provider") {
  const Decoded decoded(R"({"id":"chatcmpl-9x","object":"chat.completion","created":1795168800,
    "model":"gpt-4o","usage":{"prompt_tokens":1},"service_tier":"flex"})");
  const Event& e = decoded.only();
  CHECK(e.id == "chatcmpl-9x");
  CHECK(e.producer == "openai");
  CHECK(e.provider == "openai");
  CHECK(e.model == "gpt-4o");
  CHECK(e.operation == "chat");
  CHECK(e.service_tier == "flex");
  CHECK(e.time == event_time_ms(1795168800000));
  for (const auto& [model, provider] : {std::pair{"claude-sonnet-4-5", "anthropic"},
                                        {"o3-mini", "openai"},
                                        {"gemini-2.5-pro", "google"},
                                        {"llama-3", ""}}) {
    const Decoded other(R"({"model":")" + std::string(model) + R"(","usage":{"prompt_tokens":1}})");
    CHECK(other.only().provider == provider);
  }
  CHECK(Decoded(R"({"object":"list","data":[],"model":"text-embedding-3-small",
    "usage":{"prompt_tokens":8,"total_tokens":8}})")
            .only()
            .operation == "embeddings");
}

TEST_CASE("An envelope says who asked; what it says itself comes before the response") {
  const Decoded decoded(R"({"provider":"Azure.AI.OpenAI","user":"u-1","team":"growth",
    "properties":{"Feature":"chat"},"timestamp":1795168800,"tags":["a"],
    "response":{"id":"chatcmpl-9x","created":1,"model":"gpt-4o","usage":{"prompt_tokens":1}}})");
  const Event& e = decoded.only();
  CHECK(e.provider == "azure");
  CHECK(e.producer == "azure");
  CHECK(e.id == "chatcmpl-9x");
  CHECK(e.user == "u-1");
  CHECK(e.team == "growth");
  CHECK(e.tags.size() == 1);
  CHECK(e.properties.size() == 1);
  CHECK(e.time == event_time_ms(1795168800000));

  const Decoded named(enveloped(R"({"id":"chatcmpl-9x","model":"m","usage":{"prompt_tokens":1}})",
                                R"("id":"mine","model":"deployment",)"));
  CHECK(named.only().id == "mine");
  CHECK(named.only().producer.empty());
  CHECK(named.only().model == "deployment");
}

TEST_CASE("A provider's error is a request that failed") {
  CHECK(
      Decoded(enveloped(R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})")).only().status ==
      429);
  CHECK(
      Decoded(enveloped(R"({"type":"error","error":{"type":"overloaded_error"}})")).only().status ==
      500);
  CHECK(
      Decoded(enveloped(R"({"error":{"code":"rate_limit"}})", R"("status":429,)")).only().status ==
      429);
  CHECK_FALSE(Decoded(enveloped(R"({"error":null,"model":"m"})")).only().status);
}

TEST_CASE("What a response is told from others by is in its usage, wherever that stands") {
  // Units of ours make a usage ours; a `response` beside them is skipped.
  CHECK(Decoded(R"({"response":{"usage":{"prompt_tokens":9}},"provider":"p","usage":{"input":1}})")
            .only()
            .usage[Unit::input] == 1);
  CHECK(Decoded(R"({"usage":{"prompt_tokens":9,"input":1}})").only().usage[Unit::input] == 1);
  CHECK(Decoded(R"({"usage":{"input":1,"prompt_tokens":9}})").only().usage[Unit::input] == 1);
  CHECK(Decoded(R"({"provider":"p","cost_usd":1,"response":{"usage":{"prompt_tokens":9}}})")
            .decoder.format() == Format::native);
  // A response of HTTP, as gateways log it, is none of a provider's.
  CHECK(Decoded(R"({"response":{"status":200,"size":17},"route_id":"r"})").only_bad().reason ==
        QuarantineReason::unknown_format);
  CHECK(Decoded(R"({"provider":"p","response":{"status":200}})").only_bad().reason ==
        QuarantineReason::unknown_format);
  CHECK(Decoded(R"({"provider":"p","response":"a text","id":"n"})").only().id == "n");
}

TEST_CASE("A source may say that its records are responses") {
  const Decoded decoded(R"({"id":"x","model":"m","usage":{"input_tokens":3}})", Format::response);
  CHECK(decoded.only().usage[Unit::input] == 3);
  CHECK(Decoded(R"({"hello":1})", Format::response).only_bad().reason ==
        QuarantineReason::unknown_format);
}

TEST_CASE("Money or identity twice in a response is set aside") {
  for (const char* response :
       {R"({"id":"a","id":"b"})", R"({"usage":{"prompt_tokens":1,"prompt_tokens":1}})",
        R"({"model":"a","usage":{},"Usage":{}})"}) {
    CHECK(Decoded(enveloped(response)).only_bad().reason == QuarantineReason::duplicate_key);
  }
  CHECK(Decoded(R"({"provider":"p","response":{"id":"a"},"response":{"id":"a"}})")
            .only_bad()
            .reason == QuarantineReason::duplicate_key);
  CHECK(Decoded(R"({"provider":"p","user":"a","user":"b","response":{"id":"a"}})")
            .only_bad()
            .reason == QuarantineReason::duplicate_key);
}
