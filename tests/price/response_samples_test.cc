// SPDX-License-Identifier: Apache-2.0
// What providers answer, from its bytes to picodollars; products below are in millionths of a
// dollar.
#include <catch2/catch.hpp>
#include <string>

#include "priced_record.h"

using namespace tocsin;

namespace {

// Beside the response: who asked, and when (2026-11-20T10:00:00Z).
std::string asked(const std::string& fields, const std::string& response) {
  return R"({"timestamp":1795168800,"user":"u-1","team":"growth",)" + fields + R"("response":)" +
         response + "}";
}

}  // namespace

TEST_CASE(
    "OpenAI, chat: cached and audio tokens are within the prompt, rejected predictions are "
    "billed") {
  const PricedEvent bare = priced(R"({"id":"chatcmpl-9x","object":"chat.completion",
    "created":1763700000,"model":"gpt-4o-2024-08-06","choices":[{"message":{"content":"secret"}}],
    "service_tier":"default","usage":{"prompt_tokens":1200,"completion_tokens":310,
      "total_tokens":1510,"prompt_tokens_details":{"cached_tokens":1024,"audio_tokens":0},
      "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,
        "accepted_prediction_tokens":40,"rejected_prediction_tokens":25}}})");
  CHECK(bare.format == "response");
  CHECK(bare.model == "openai/gpt-4o-2024-08-06");
  // The predictions, both kinds, are within the 310.
  CHECK(bare.counts == "176 input, 1024 cache_read, 310 output");
  // 176 x 2.50 + 1024 x 1.25 + 310 x 10 = 440 + 1280 + 3100 = 4820
  CHECK(bare.cost == 4'820'000'000);
  CHECK(bare.rest == "id chatcmpl-9x, of openai, chat, tier default, at 1763700000000");
  // gpt-audio: 2.50 in, audio 32; 10 out, audio 64.
  const PricedEvent spoken =
      priced(asked(R"("provider":"openai",)", R"({"model":"gpt-audio","usage":{
        "prompt_tokens":500,"completion_tokens":300,"total_tokens":800,
        "prompt_tokens_details":{"cached_tokens":0,"audio_tokens":400},
        "completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":250}}})"));
  CHECK(spoken.counts == "100 input, 50 output, 400 input_audio, 250 output_audio");
  // 100 x 2.50 + 400 x 32 + 50 x 10 + 250 x 64 = 250 + 12,800 + 500 + 16,000 = 29,550
  CHECK(spoken.cost == 29'550'000'000);
  CHECK(spoken.who == "user u-1, team growth");
}

TEST_CASE(
    "OpenAI, chat: what was written to a cache is within the prompt, and tiers have their prices") {
  const auto in_tier = [](const std::string& tier) {
    return priced(asked(R"("provider":"openai",)", R"({"model":"o3","service_tier":")" + tier +
                                                       R"(","usage":{"prompt_tokens":1000,
      "completion_tokens":100,"prompt_tokens_details":{"cached_tokens":200,
      "cache_write_tokens":300},"completion_tokens_details":{"reasoning_tokens":64}}})"));
  };
  const PricedEvent standard = in_tier("default");
  CHECK(standard.counts == "500 input, 200 cache_read, 300 cache_write, 100 output, 64 reasoning");
  // A write has no price of its own: that of the input. (500 + 300) x 2 + 200 x 0.50 + 100 x 8
  // = 1600 + 100 + 800 = 2500
  CHECK(standard.cost == 2'500'000'000);
  CHECK(in_tier("scale").cost == 2'500'000'000);  // paid for otherwise, and no price is known
  // (500 + 300) x 1 + 200 x 0.25 + 100 x 4 = 800 + 50 + 400 = 1250
  CHECK(in_tier("flex").cost == 1'250'000'000);
  CHECK(in_tier("flex").basis == "computed, flex");
  // (500 + 300) x 3.50 + 200 x 0.875 + 100 x 14 = 2800 + 175 + 1400 = 4375
  CHECK(in_tier("priority").cost == 4'375'000'000);
}

TEST_CASE(
    "OpenAI, responses: input_tokens include what was cached, and a search costs beside them") {
  const PricedEvent event = priced(asked(R"("provider":"openai",)", R"({"id":"resp_1",
    "object":"response","created_at":1763700000,"model":"gpt-4o","status":"completed",
    "output":[{"type":"web_search_call","action":{"type":"search","query":"q"}},
      {"type":"web_search_call","action":{"type":"open_page"}},{"type":"message","content":[]}],
    "usage":{"input_tokens":1200,"input_tokens_details":{"cached_tokens":1024,
      "cache_write_tokens":0},"output_tokens":310,"output_tokens_details":{"reasoning_tokens":64},
      "total_tokens":1510}})"));
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output, 64 reasoning, 1 web_search");
  // 440 + 1280 + 3100, and 10,000 for the search
  CHECK(event.cost == 14'820'000'000);
  CHECK(event.rest == "id resp_1, of openai, chat, at 1795168800000");
}

TEST_CASE("OpenAI, Realtime: what was cached is divided into text, audio and images, too") {
  // gpt-realtime-mini: 0.60 in, 0.06 cached; images 0.80, 0.08 cached; audio 10, 0.30 cached;
  // 2.40 out, audio 20.
  const PricedEvent event = priced(asked(R"("provider":"openai","model":"gpt-realtime-mini",)", R"({
    "id":"resp_1","usage":{"total_tokens":1121,"input_tokens":1000,"output_tokens":121,
      "input_token_details":{"text_tokens":400,"audio_tokens":500,"image_tokens":100,
        "cached_tokens":600,"cached_tokens_details":{"text_tokens":200,"audio_tokens":350,
          "image_tokens":50}},"output_token_details":{"text_tokens":30,"audio_tokens":91}}})"));
  CHECK(event.counts ==
        "200 input, 200 cache_read, 30 output, 150 input_audio, 91 output_audio, "
        "350 cache_audio_read, 50 cache_image_read, 50 input_image");
  // 200 x 0.60 + 200 x 0.06 + 50 x 0.80 + 50 x 0.08 + 150 x 10 + 350 x 0.30 + 30 x 2.40 + 91 x 20
  // = 120 + 12 + 40 + 4 + 1500 + 105 + 72 + 1820 = 3673
  CHECK(event.cost == 3'673'000'000);
}

TEST_CASE("OpenAI, images: tokens of images have prices of their own, drawn ones the highest") {
  // gpt-image-1.5: 5 in, images 8; 10 out, images 32.
  const PricedEvent event = priced(asked(R"("provider":"openai","model":"gpt-image-1.5",)", R"({
    "created":1763700000,"usage":{"total_tokens":1390,"input_tokens":234,"output_tokens":1156,
      "input_tokens_details":{"text_tokens":40,"image_tokens":194},
      "output_tokens_details":{"text_tokens":100,"image_tokens":1056}}})"));
  CHECK(event.counts == "40 input, 100 output, 194 input_image, 1056 output_image");
  // 40 x 5 + 194 x 8 + 100 x 10 + 1056 x 32 = 200 + 1552 + 1000 + 33,792 = 36,544
  CHECK(event.cost == 36'544'000'000);
}

TEST_CASE("Anthropic: input_tokens exclude what was read and written; an hour's writes cost more") {
  const PricedEvent event = priced(R"({"model":"claude-sonnet-4-5-20250929","usage":{
    "input_tokens":176,"cache_read_input_tokens":1024,"cache_creation_input_tokens":2000,
    "cache_creation":{"ephemeral_5m_input_tokens":1500,"ephemeral_1h_input_tokens":500},
    "output_tokens":310,"output_tokens_details":{"thinking_tokens":120},
    "server_tool_use":{"web_search_requests":1,"web_fetch_requests":2},
    "service_tier":"standard","speed":"standard"}})");
  CHECK(event.model == "anthropic/claude-sonnet-4-5-20250929");
  CHECK(event.counts ==
        "176 input, 1024 cache_read, 1500 cache_write, 500 cache_write_1h, 310 output, "
        "120 reasoning, 1 web_search");
  // 176 x 3 + 1024 x 0.30 + 1500 x 3.75 + 500 x 6 + 310 x 15 + 10,000; fetching costs nothing
  // = 528 + 307.2 + 5625 + 3000 + 4650 + 10,000 = 24110.2
  CHECK(event.cost == 24'110'200'000);
  // Only the sum of writes: five minutes. 528 + 307.2 + 2000 x 3.75 + 4650 = 12985.2
  const PricedEvent sum = priced(R"({"model":"claude-sonnet-4-5","usage":{"input_tokens":176,
    "cache_read_input_tokens":1024,"cache_creation_input_tokens":2000,"output_tokens":310}})");
  CHECK(sum.cost == 12'985'200'000);
  // More input than was cached, so that nothing gives away which is in which.
  const PricedEvent more = priced(R"({"model":"claude-sonnet-4-5","usage":{"input_tokens":5000,
    "cache_read_input_tokens":1024,"output_tokens":310}})");
  CHECK(more.counts == "5000 input, 1024 cache_read, 310 output");
  // 5000 x 3 + 1024 x 0.30 + 310 x 15 = 15,000 + 307.2 + 4650 = 19957.2
  CHECK(more.cost == 19'957'200'000);
}

TEST_CASE("Anthropic: a batch costs half, its fast mode what that costs, whatever tier it names") {
  const PricedEvent batch = priced(asked(R"("provider":"anthropic",)", R"({"id":"msg_1",
    "model":"claude-haiku-4-5","usage":{"input_tokens":1000,"output_tokens":100,
    "service_tier":"batch"}})"));
  // 1000 x 0.50 + 100 x 2.50 = 500 + 250
  CHECK(batch.cost == 750'000'000);
  CHECK(batch.basis == "computed, batch");
  const PricedEvent fast = priced(asked(R"("provider":"anthropic",)", R"({"id":"msg_2",
    "model":"claude-opus-4-8","usage":{"input_tokens":1000,"output_tokens":100,
    "service_tier":"standard","speed":"fast"}})"));
  CHECK(fast.basis == "computed, fast");
  CHECK(fast.cost == 15'000'000'000);  // 1000 x 10 + 100 x 50 = 10,000 + 5000
}

TEST_CASE("Anthropic: inference in the United States alone costs a tenth more, of tokens") {
  const auto answered = [](const char* more) {
    return priced(asked(R"("provider":"anthropic",)", R"({"id":"msg_3","model":"claude-opus-4-6",
      "usage":{"input_tokens":1000,"cache_read_input_tokens":2000,"output_tokens":100,
      "server_tool_use":{"web_search_requests":1})" + std::string(more) +
                                                          "}}"));
  };
  // 1000 x 5 + 2000 x 0.50 + 100 x 25 = 8,500; x 1.1 = 9,350; and a search at 10,000
  const PricedEvent us = answered(R"(,"inference_geo":"us")");
  CHECK(us.cost == 19'350'000'000);
  CHECK(us.basis == "computed, inference_geo us");
  CHECK(answered(R"(,"inference_geo":"global")").cost == 18'500'000'000);
  CHECK(answered(R"(,"inference_geo":"not_available")").basis == "computed");
  // A batch costs half: 4,250 x 1.1 = 4,675
  const PricedEvent batch = answered(R"(,"inference_geo":"us","service_tier":"batch")");
  CHECK(batch.cost == 14'675'000'000);
  CHECK(batch.basis == "computed, batch, inference_geo us");
}

TEST_CASE("Anthropic: beyond 200,000 tokens of any kind the whole request costs more") {
  const PricedEvent event = priced(R"({"model":"claude-sonnet-4-5","usage":{"input_tokens":1,
    "cache_read_input_tokens":200000,"output_tokens":100}})");
  // 200,001 > 200,000: 1 x 6 + 200,000 x 0.60 + 100 x 22.50 = 6 + 120,000 + 2250 = 122,256
  CHECK(event.cost == 122'256'000'000);
  const PricedEvent at = priced(R"({"model":"claude-sonnet-4-5","usage":{"input_tokens":0,
    "cache_read_input_tokens":200000,"output_tokens":100}})");
  CHECK(at.cost == 61'500'000'000);  // 200,000 x 0.30 + 100 x 15 = 60,000 + 1500
}

TEST_CASE(
    "Gemini: the prompt includes what was cached, thoughts and what tools put in are beside") {
  const PricedEvent event = priced(R"({"modelVersion":"gemini-2.5-pro","usageMetadata":{
    "promptTokenCount":1200,"cachedContentTokenCount":1024,"candidatesTokenCount":210,
    "thoughtsTokenCount":100,"totalTokenCount":1510,
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":1200}],"trafficType":"ON_DEMAND"}})");
  CHECK(event.model == "google/gemini-2.5-pro");
  CHECK(event.counts == "176 input, 1024 cache_read, 310 output, 100 reasoning");  // 210 + 100
  // 176 x 1.25 + 1024 x 0.125 + 310 x 10 = 220 + 128 + 3100 = 3448
  CHECK(event.cost == 3'448'000'000);
  const PricedEvent tools = priced(R"({"modelVersion":"gemini-2.5-pro","usageMetadata":{
    "promptTokenCount":1200,"cachedContentTokenCount":1024,"candidatesTokenCount":210,
    "thoughtsTokenCount":100,"toolUsePromptTokenCount":400,"totalTokenCount":1910,
    "toolUsePromptTokensDetails":[{"modality":"TEXT","tokenCount":400}]}})");
  // 1200 - 1024 + 400 = 576, and 400 x 1.25 = 500 more
  CHECK(tools.counts == "576 input, 1024 cache_read, 310 output, 100 reasoning");
  CHECK(tools.cost == 3'948'000'000);
}

TEST_CASE(
    "Gemini: audio and images are parts of the prompt, of what was cached, of the candidates") {
  // gemini-2.5-flash: 0.30 in, 0.03 cached, 2.50 out, audio 1, cached 0.10.
  const PricedEvent heard = priced(R"({"modelVersion":"gemini-2.5-flash","usageMetadata":{
    "promptTokenCount":1000,"cachedContentTokenCount":400,"candidatesTokenCount":20,
    "promptTokensDetails":[{"modality":"TEXT","tokenCount":750},{"modality":"AUDIO","tokenCount":250}],
    "cacheTokensDetails":[{"modality":"TEXT","tokenCount":250},{"modality":"AUDIO","tokenCount":150}]}})");
  CHECK(heard.counts ==
        "500 input, 250 cache_read, 20 output, 100 input_audio, 150 cache_audio_read");
  // 500 x 0.30 + 250 x 0.03 + 150 x 0.10 + 100 x 1 + 20 x 2.50 = 150 + 7.5 + 15 + 100 + 50
  CHECK(heard.cost == 322'500'000);
  // gemini-2.5-flash-image: 0.30 in, images as text; 2.50 out, images 30.
  const PricedEvent drawn = priced(R"({"modelVersion":"gemini-2.5-flash-image","usageMetadata":{
    "promptTokenCount":300,"candidatesTokenCount":1300,
    "promptTokensDetails":[{"modality":"IMAGE","tokenCount":258},{"modality":"TEXT","tokenCount":42}],
    "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1290}]}})");
  // (42 + 258) x 0.30 + 10 x 2.50 + 1290 x 30 = 90 + 25 + 38,700
  CHECK(drawn.cost == 38'815'000'000);
}

TEST_CASE(
    "Bedrock's Converse: inputTokens exclude what was cached, the lives of writes are a list") {
  const std::string response = R"({"output":{"message":{"content":[{"text":"secret"}]}},
    "stopReason":"end_turn","metrics":{"latencyMs":1794},"usage":{"inputTokens":176,
      "outputTokens":310,"totalTokens":3510,"cacheReadInputTokens":1024,"cacheWriteInputTokens":2000,
      "cacheDetails":[{"ttl":"5m","inputTokens":1500},{"ttl":"1h","inputTokens":500}]}})";
  const PricedEvent event = priced(asked(
      R"("provider":"aws.bedrock","model":"global.anthropic.claude-sonnet-4-5-20250929-v1:0",)",
      response));
  CHECK(event.model == "aws/global.anthropic.claude-sonnet-4-5-20250929-v1:0");
  CHECK(event.counts ==
        "176 input, 1024 cache_read, 1500 cache_write, 500 cache_write_1h, 310 output");
  // 176 x 3 + 1024 x 0.30 + 1500 x 3.75 + 500 x 6 + 310 x 15
  // = 528 + 307.2 + 5625 + 3000 + 4650 = 14110.2
  CHECK(event.cost == 14'110'200'000);
  CHECK(event.who == "user u-1, team growth");
  CHECK(event.rest == "chat, 1794 ms, at 1795168800000");
  // More input than was cached: 5000 x 3 + 1024 x 0.30 + 310 x 15 = 19957.2
  const PricedEvent more = priced(
      asked(R"("provider":"aws","model":"global.anthropic.claude-sonnet-4-5-20250929-v1:0",)",
            R"({"usage":{"inputTokens":5000,"outputTokens":310,"cacheReadInputTokens":1024}})"));
  CHECK(more.counts == "5000 input, 1024 cache_read, 310 output");
  CHECK(more.cost == 19'957'200'000);
  // In a region it is a tenth more: 1.1 x 14110.2 = 15521.22
  const PricedEvent regional = priced(asked(
      R"("provider":"aws","model":"eu.anthropic.claude-sonnet-4-5-20250929-v1:0",)", response));
  CHECK(regional.cost == 15'521'220'000);
}

TEST_CASE(
    "CloudEvents: the event is in the data; its source and id are the envelope's, its subject the "
    "user") {
  const std::string head = R"({"specversion":"1.0","type":"llm.request","id":"c-1",
    "source":"/gateway/1","time":"2026-11-20T10:00:00Z","subject":"customer-7","data":)";
  const PricedEvent native = priced(head + R"({"provider":"openai","model":"gpt-4o",
    "usage":{"input":1176,"cache_read":1024,"output":300}}})");
  CHECK(native.format == "cloudevents");
  // 1176 x 2.50 + 1024 x 1.25 + 300 x 10 = 2940 + 1280 + 3000 = 7220
  CHECK(native.cost == 7'220'000'000);
  CHECK(native.who == "user customer-7");
  CHECK(native.rest == "id c-1, of /gateway/1, at 1795168800000");
  // Data of another format: Anthropic's, whose input excludes what was cached.
  const PricedEvent answer = priced(head + R"({"id":"msg_1","model":"claude-sonnet-4-5","usage":{
    "input_tokens":176,"cache_read_input_tokens":1024,"output_tokens":310}}})");
  CHECK(answer.cost == 5'485'200'000);  // 528 + 307.2 + 4650
  CHECK(answer.rest == "id c-1, of /gateway/1, chat, at 1795168800000");
}
