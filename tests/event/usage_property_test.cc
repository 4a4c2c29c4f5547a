// SPDX-License-Identifier: Apache-2.0
// One request, told in each provider's way: all are read as the same disjoint counts.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "collect.h"
#include "spans.h"

using namespace tocsin;

namespace {

// What was used, no part within another but the reasoning.
struct Used {
  std::int64_t input = 0, read = 0, write = 0, write_1h = 0;
  std::int64_t output = 0, reasoning = 0;
  std::int64_t audio_in = 0, audio_out = 0, searches = 0;
  std::int64_t audio_read = 0, image_in = 0, image_read = 0, image_out = 0;

  std::int64_t all_read() const { return read + audio_read + image_read; }
  std::int64_t all_input() const {
    return input + all_read() + write + write_1h + audio_in + image_in;
  }
  std::int64_t all_output() const { return output + audio_out + image_out; }
  // Units without a place of their own.
  std::map<std::string_view, std::int64_t> others() const {
    std::map<std::string_view, std::int64_t> all{{"cache_audio_read", audio_read},
                                                 {"input_image", image_in},
                                                 {"cache_image_read", image_read},
                                                 {"output_image", image_out}};
    std::erase_if(all, [](const auto& one) { return one.second == 0; });
    return all;
  }
  std::array<std::int64_t, kUnits> counts() const {
    return {input, read, write, write_1h, output, reasoning, audio_in, audio_out, searches};
  }
};

std::string n(std::int64_t number) { return std::to_string(number); }

std::string openai_chat(const Used& u) {
  return R"({"model":"m","usage":{"completion_tokens":)" + n(u.all_output()) +
         R"(,"prompt_tokens_details":{"audio_tokens":)" + n(u.audio_in + u.audio_read) +
         R"(,"image_tokens":)" + n(u.image_in + u.image_read) + R"(,"cached_tokens":)" +
         n(u.all_read()) + R"(,"cached_tokens_details":{"image_tokens":)" + n(u.image_read) +
         R"(,"audio_tokens":)" + n(u.audio_read) + R"(},"cache_write_tokens":)" + n(u.write) +
         R"(},"completion_tokens_details":{"reasoning_tokens":)" + n(u.reasoning) +
         R"(,"audio_tokens":)" + n(u.audio_out) + R"(,"image_tokens":)" + n(u.image_out) +
         R"(},"prompt_tokens":)" + n(u.all_input()) + R"(,"total_tokens":)" +
         n(u.all_input() + u.all_output()) + "}}";
}

std::string openai_response(const Used& u) {
  std::string items;
  for (std::int64_t i = 0; i < u.searches; ++i) items += R"({"type":"web_search_call"},)";
  return R"({"object":"response","output":[)" + items + R"({"type":"message"}],"usage":{)" +
         R"("input_tokens":)" + n(u.all_input()) + R"(,"input_tokens_details":{"cached_tokens":)" +
         n(u.read) + R"(,"cache_write_tokens":)" + n(u.write) + R"(},"output_tokens":)" +
         n(u.output) + R"(,"output_tokens_details":{"reasoning_tokens":)" + n(u.reasoning) +
         R"(},"total_tokens":)" + n(u.all_input() + u.output) + "}}";
}

std::string anthropic(const Used& u) {
  return R"({"type":"message","usage":{"output_tokens":)" + n(u.output) + R"(,"input_tokens":)" +
         n(u.input) + R"(,"cache_read_input_tokens":)" + n(u.read) +
         R"(,"cache_creation_input_tokens":)" + n(u.write + u.write_1h) +
         R"(,"cache_creation":{"ephemeral_5m_input_tokens":)" + n(u.write) +
         R"(,"ephemeral_1h_input_tokens":)" + n(u.write_1h) +
         R"(},"output_tokens_details":{"thinking_tokens":)" + n(u.reasoning) +
         R"(},"server_tool_use":{"web_search_requests":)" + n(u.searches) + "}}}";
}

std::string modalities(std::int64_t audio, std::int64_t image) {
  return R"([{"modality":"AUDIO","tokenCount":)" + n(audio) + R"(},{"tokenCount":)" + n(image) +
         R"(,"modality":"IMAGE"}])";
}

std::string gemini(const Used& u) {
  return R"({"usageMetadata":{"promptTokenCount":)" + n(u.all_input()) +
         R"(,"cachedContentTokenCount":)" + n(u.all_read()) + R"(,"thoughtsTokenCount":)" +
         n(u.reasoning) + R"(,"candidatesTokenCount":)" + n(u.all_output() - u.reasoning) +
         R"(,"promptTokensDetails":)" +
         modalities(u.audio_in + u.audio_read, u.image_in + u.image_read) +
         R"(,"cacheTokensDetails":)" + modalities(u.audio_read, u.image_read) +
         R"(,"candidatesTokensDetails":)" + modalities(u.audio_out, u.image_out) + "}}";
}

std::string bedrock(const Used& u) {
  return R"({"usage":{"inputTokens":)" + n(u.input) + R"(,"outputTokens":)" + n(u.output) +
         R"(,"cacheReadInputTokens":)" + n(u.read) + R"(,"cacheWriteInputTokens":)" +
         n(u.write + u.write_1h) + R"(,"cacheDetails":[{"ttl":"5m","inputTokens":)" + n(u.write) +
         R"(},{"ttl":"1h","inputTokens":)" + n(u.write_1h) + "}]}}";
}

std::string litellm(const Used& u) {
  return R"({"hidden_params":{},"prompt_tokens":)" + n(u.all_input()) + R"(,"completion_tokens":)" +
         n(u.all_output()) +
         R"(,"metadata":{"usage_object":{"prompt_tokens_details":{"cached_tokens":)" +
         n(u.all_read()) + R"(,"cached_tokens_details":{"audio_tokens":)" + n(u.audio_read) +
         R"(,"image_tokens":)" + n(u.image_read) + R"(},"image_tokens":)" +
         n(u.image_in + u.image_read) + R"(,"audio_tokens":)" + n(u.audio_in + u.audio_read) +
         R"(,"cache_creation_tokens":)" + n(u.write + u.write_1h) +
         R"(,"cache_creation_token_details":{"ephemeral_1h_input_tokens":)" + n(u.write_1h) +
         R"(}},"completion_tokens_details":{"reasoning_tokens":)" + n(u.reasoning) +
         R"(,"image_tokens":)" + n(u.image_out) + R"(,"audio_tokens":)" + n(u.audio_out) +
         R"(},"server_tool_use":{"web_search_requests":)" + n(u.searches) + "}}}}";
}

SpansSample span(const Used& u) {
  SpanSample one;
  one.attributes = {{"gen_ai.operation.name", "chat"},
                    {"gen_ai.usage.input_tokens", u.all_input()},
                    {"gen_ai.usage.output_tokens", u.output + u.audio_out},
                    {"gen_ai.usage.cache_read.input_tokens", u.all_read()},
                    {"gen_ai.usage.cache_write.input_tokens", u.write},
                    {"gen_ai.usage.reasoning.output_tokens", u.reasoning},
                    {"gen_ai.usage.audio.input_tokens", u.audio_in + u.audio_read},
                    {"gen_ai.usage.audio.cache_read.input_tokens", u.audio_read},
                    {"gen_ai.usage.audio.output_tokens", u.audio_out}};
  return {{}, {one}};
}

Used anything() {
  const auto count = [] { return *rc::gen::inRange<std::int64_t>(0, 1'000'000); };
  Used used{.input = count(), .read = count(), .write = count(), .write_1h = count()};
  used.output = count();
  used.reasoning = *rc::gen::inRange<std::int64_t>(0, used.output + 1);
  used.audio_in = count();
  used.audio_out = count();
  used.audio_read = count();
  used.image_in = count();
  used.image_read = count();
  used.image_out = count();
  used.searches = *rc::gen::inRange<std::int64_t>(0, 4);
  return used;
}

void same(const std::string& record, const Used& used) {
  const Decoded decoded(record);
  RC_ASSERT(decoded.bad.empty());
  RC_ASSERT(decoded.events.size() == 1U);
  RC_ASSERT(decoded.events[0].usage.counts == used.counts());
  const auto& others = decoded.events[0].usage.others;
  RC_ASSERT(
      (std::map<std::string_view, std::int64_t>(others.begin(), others.end()) == used.others()));
  RC_ASSERT(decoded.decoder.counts().counts_mended == 0U);
}

}  // namespace

TEST_CASE("However a provider tells what was used, it is read as what was used") {
  CHECK(rc::check([] {
    const Used all = anything();
    Used told = all;  // without what the next cannot tell
    told.write_1h = told.searches = 0;
    same(openai_chat(told), told);
    told.image_in = told.image_read = told.image_out = 0;
    same(span(told).proto(), told);
    same(span(told).json(), told);
    told.audio_in = told.audio_out = told.audio_read = 0;
    told.searches = all.searches;
    same(openai_response(told), told);
    told.write_1h = all.write_1h;
    same(anthropic(told), told);
    told.reasoning = told.searches = 0;
    same(bedrock(told), told);
    told = all;
    told.write = told.write_1h = told.searches = 0;
    same(gemini(told), told);
    same(litellm(all), all);
  }));
}
