// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "collect.h"
#include "spans.h"

using namespace tocsin;

namespace {

using UnitCounts = std::array<std::int64_t, kUnits>;
using Attributes = SpanSample::Attributes;

Attributes with(Attributes base, const Attributes& more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

const Attributes kChat = {{"gen_ai.operation.name", "chat"},
                          {"gen_ai.provider.name", "openai"},
                          {"gen_ai.request.model", "gpt-4o"}};

SpansSample one(const Attributes& attributes, int status = 0) {
  SpanSample span;
  span.attributes = attributes;
  span.status = status;
  return {{}, {span}};
}

// What both encodings of a sample are read as; both must be told apart by themselves, too.
class Both {
 public:
  explicit Both(const SpansSample& sample) : proto(sample.proto()), json(sample.json()) {
    CHECK(proto.decoder.format() == Format::otlp_proto);
    CHECK(json.decoder.format() == Format::otlp_json);
  }
  template <class F>
  void each(F&& check) const {
    for (const Decoded* decoded : {&proto, &json}) {
      INFO((decoded == &proto ? "protobuf" : "JSON"));
      check(*decoded);
    }
  }

  Decoded proto, json;
};

void counts(const Attributes& attributes, const UnitCounts& expected) {
  Both(one(with(kChat, attributes))).each([&](const Decoded& decoded) {
    CHECK(decoded.only().usage.counts == expected);
  });
}

bool is_request(const Attributes& attributes) {
  const Both both(one(attributes));
  REQUIRE(both.proto.bad.empty());
  REQUIRE(both.json.bad.empty());
  REQUIRE(both.proto.events.size() == both.json.events.size());
  CHECK(both.proto.decoder.counts().spans_passed == 1 - both.proto.events.size());
  return !both.proto.events.empty();
}

}  // namespace

TEST_CASE("A span of a request to a model is an event, the same in both encodings") {
  SpansSample sample = one(with(kChat, {{"gen_ai.response.model", "gpt-4o-2024-08-06"},
                                        {"gen_ai.response.id", "chatcmpl-9x"},
                                        {"gen_ai.usage.input_tokens", 1200},
                                        {"gen_ai.usage.output_tokens", 310},
                                        {"gen_ai.usage.cache_read.input_tokens", 1024},
                                        {"gen_ai.prompt.0.content", "secret"},
                                        {"openai.response.service_tier", "default"},
                                        {"enduser.id", "u-1"},
                                        {"gen_ai.conversation.id", "s-1"},
                                        {"gen_ai.agent.name", "planner"},
                                        {"team.id", "payments"}}));
  sample.resource = {{"service.name", "checkout-bot"},
                     {"deployment.environment.name", "prod"},
                     {"host.name", "secret"}};
  Both(sample).each([](const Decoded& decoded) {
    const Event& e = decoded.only();
    CHECK(e.id == "5b8efff798038103d269b633813fc60ceee19b7ec3c1b174");
    CHECK(e.producer == "otlp");
    CHECK(e.provider == "openai");
    CHECK(e.model == "gpt-4o-2024-08-06");
    CHECK(e.operation == "chat");
    CHECK(e.time == event_time_ms(1763700001794));
    CHECK(e.latency_ms == 1794);
    CHECK(e.service == "checkout-bot");
    CHECK(e.environment == "prod");
    CHECK(e.user == "u-1");
    CHECK(e.session == "s-1");
    CHECK(e.agent == "planner");
    CHECK(e.team == "payments");
    CHECK(e.service_tier == "default");
    CHECK_FALSE(e.status);
    CHECK_FALSE(e.reported_cost);
    CHECK(e.properties.empty());
    // 1200 with 1024 from the cache: 176 fresh.
    CHECK(e.usage.counts == UnitCounts{176, 1024, 0, 0, 310, 0, 0, 0, 0});
  });
}

TEST_CASE("Every name that was ever given to a count is known, the newest counts") {
  // 1000 of input with 300 read and 200 written leave 500.
  for (const char* read :
       {"gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read"}) {
    for (const char* write :
         {"gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
          "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
          "llm.token_count.prompt_details.cache_write"}) {
      counts({{"gen_ai.usage.prompt_tokens", 1000},
              {read, 300},
              {write, 200},
              {"gen_ai.usage.completion_tokens", 7}},
             {500, 300, 200, 0, 7, 0, 0, 0, 0});
    }
  }
  for (const char* reasoning :
       {"gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning", "llm.token_count.completion_details.reasoning"}) {
    counts({{"llm.token_count.prompt", 10}, {"llm.token_count.completion", 9}, {reasoning, 4}},
           {10, 0, 0, 0, 9, 4, 0, 0, 0});
  }
  counts({{"gen_ai.usage.prompt_tokens", 1},
          {"gen_ai.usage.input_tokens", 2},
          {"llm.token_count.prompt", 3}},
         {2, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("Audio is counted apart from text, within what is cached and what is not") {
  // 1000 = 400 cached (100 of it audio) + 600 fresh (250 - 100 = 150 audio, 450 text).
  counts({{"gen_ai.usage.input_tokens", 1000},
          {"gen_ai.usage.cache_read.input_tokens", 400},
          {"gen_ai.usage.audio.input_tokens", 250},
          {"gen_ai.usage.audio.cache_read.input_tokens", 100},
          {"gen_ai.usage.output_tokens", 90},
          {"gen_ai.usage.audio.output_tokens", 60}},
         {450, 300, 0, 0, 30, 0, 150, 60, 0});
}

TEST_CASE("Images are counted apart, too, within what is cached and what is not") {
  // 1000 = 400 cached (100 of it images) + 600 fresh (250 - 100 = 150 images, 450 text).
  const Both both(one(with(kChat, {{"gen_ai.usage.input_tokens", 1000},
                                   {"gen_ai.usage.cache_read.input_tokens", 400},
                                   {"gen_ai.usage.image.input_tokens", 250},
                                   {"gen_ai.usage.image.cache_read.input_tokens", 100},
                                   {"gen_ai.usage.output_tokens", 90},
                                   {"gen_ai.usage.image.output_tokens", 60}})));
  both.each([](const Decoded& decoded) {
    const Usage& usage = decoded.only().usage;
    CHECK(usage.counts == UnitCounts{450, 300, 0, 0, 30, 0, 0, 0, 0});
    CHECK(usage.others == decltype(usage.others){{"cache_image_read", 100},
                                                 {"input_image", 150},
                                                 {"output_image", 60}});
  });
}

TEST_CASE("More cached tokens than input means that the input excludes them") {
  const Both both(one(with(
      kChat, {{"gen_ai.usage.input_tokens", 10}, {"gen_ai.usage.cache_read_input_tokens", 1000}})));
  both.each([](const Decoded& decoded) {
    CHECK(decoded.only().usage[Unit::input] == 10);
    CHECK(decoded.only().usage[Unit::cache_read] == 1000);
    CHECK(decoded.decoder.counts().counts_mended == 1);
  });
}

TEST_CASE("Only requests to models count, not the spans that sum them up") {
  const Attributes usage = {{"gen_ai.request.model", "m"}, {"gen_ai.usage.input_tokens", 5}};
  for (const char* operation : {"chat", "text_completion", "generate_content", "embeddings"}) {
    CHECK(is_request(with(usage, {{"gen_ai.operation.name", operation}})));
  }
  for (const char* operation : {"invoke_agent", "invoke_workflow", "execute_tool", "create_agent",
                                "retrieval", "plan", "something_new"}) {
    CHECK_FALSE(is_request(with(usage, {{"gen_ai.operation.name", operation}})));
  }
  CHECK(is_request(with(usage, {{"openinference.span.kind", "LLM"}})));
  CHECK(is_request(with(usage, {{"openinference.span.kind", "EMBEDDING"}})));
  CHECK_FALSE(is_request(with(usage, {{"openinference.span.kind", "AGENT"}})));
  CHECK(is_request(with(usage, {{"llm.request.type", "completion"}})));
  CHECK_FALSE(is_request(with(usage, {{"traceloop.span.kind", "workflow"}})));
  CHECK(is_request(usage));
  CHECK_FALSE(is_request({{"gen_ai.request.model", "m"}}));
  CHECK_FALSE(is_request({{"gen_ai.usage.input_tokens", 5}}));
  CHECK_FALSE(is_request({{"http.request.method", "POST"}, {"http.response.status_code", 500}}));
}

TEST_CASE("A cost that was sent along is reported, exactly as it was printed") {
  const auto cost = [](const Attributes& attributes) {
    const Both both(one(with(kChat, attributes)));
    CHECK(both.proto.only().reported_cost == both.json.only().reported_cost);
    return both.proto.only().reported_cost;
  };
  CHECK(cost({{"gen_ai.usage.cost", 0.001234}}) == Money::parse("0.001234"));
  CHECK(cost({{"gen_ai.usage.total_cost", 0.5}, {"gen_ai.usage.input_cost", 0.1}}) ==
        Money::parse("0.5"));
  CHECK(cost({{"gen_ai.usage.input_cost", 0.1}, {"gen_ai.usage.output_cost", 0.2}}) ==
        Money::parse("0.3"));  // where floating point would make it 0.30000000000000004
  CHECK(cost({{"llm.cost.total", "0.000001"}}) == Money::parse("0.000001"));
  CHECK(cost({{"gen_ai.usage.cost", 0.000000123456789}}) == Money::parse("0.000000123457"));
  CHECK(cost({{"gen_ai.usage.cost", std::int64_t{2}}}) == Money::parse("2"));
  CHECK(cost({{"gen_ai.usage.cost", std::int64_t{0}}}) == Money{});
}

TEST_CASE("A span that failed is an error, with the status that it names, or 500") {
  const auto status = [](const Attributes& attributes, int code) {
    const Both both(one(with(kChat, attributes), code));
    CHECK(both.proto.only().status == both.json.only().status);
    return both.proto.only().status.value_or(0);
  };
  CHECK(status({}, 0) == 0);
  CHECK(status({}, 1) == 0);
  CHECK(status({}, 2) == 500);
  CHECK(status({{"error.type", "429"}}, 2) == 429);
  CHECK(status({{"error.type", "timeout"}}, 2) == 500);
  CHECK(status({{"http.response.status_code", 503}}, 2) == 503);
  CHECK(status({{"http.response.status_code", 200}}, 0) == 200);
}

TEST_CASE("What OpenRouter broadcasts has its cost and its key") {
  // Without an operation; 2000 + 300 tokens.
  Both(one({{"gen_ai.request.model", "anthropic/claude-sonnet-4.5"},
            {"gen_ai.usage.input_tokens", 2000},
            {"gen_ai.usage.output_tokens", 300},
            {"gen_ai.usage.output_tokens.reasoning", 100},
            {"gen_ai.usage.input_cost", 0.006},
            {"gen_ai.usage.output_cost", 0.0045},
            {"gen_ai.usage.total_cost", 0.0105},
            {"trace.metadata.openrouter.api_key_name", "checkout-prod"},
            {"trace.metadata.Team", "growth"}}))
      .each([](const Decoded& decoded) {
        const Event& e = decoded.only();
        CHECK(e.model == "anthropic/claude-sonnet-4.5");
        CHECK(e.usage.counts == UnitCounts{2000, 0, 0, 0, 300, 100, 0, 0, 0});
        CHECK(e.reported_cost == Money::parse("0.0105"));
        CHECK(e.key == "checkout-prod");
        REQUIRE(e.properties.size() == 1);
        CHECK(e.properties[0].name == "Team");
        CHECK(e.team == "growth");
      });
}

TEST_CASE("Traceloop's association properties are properties") {
  Both(one(with(kChat, {{"traceloop.association.properties.Environment", "staging"},
                        {"traceloop.association.properties.customer", 17},
                        {"traceloop.association.properties.", "nameless"}})))
      .each([](const Decoded& decoded) {
        const Event& e = decoded.only();
        REQUIRE(e.properties.size() == 2);
        CHECK(e.environment == "staging");
        CHECK(e.properties[1].value == "17");
      });
}

TEST_CASE("OpenTelemetry's names of providers become the usual ones") {
  for (const auto& [name, usual] : {std::pair{"gcp.vertex_ai", "google"},
                                    {"aws.bedrock", "aws"},
                                    {"azure.ai.openai", "azure"},
                                    {"x_ai", "x-ai"},
                                    {"Anthropic", "anthropic"},
                                    {"groq", "groq"}}) {
    Both(one({{"gen_ai.operation.name", "chat"}, {"gen_ai.system", name}}))
        .each([&](const Decoded& decoded) { CHECK(decoded.only().provider == usual); });
  }
}

TEST_CASE("A record holds many spans, each with its place; one bad one is set aside alone") {
  SpansSample sample = one(with(kChat, {{"gen_ai.usage.input_tokens", 1}}));
  sample.spans.push_back(sample.spans[0]);
  sample.spans.push_back(sample.spans[0]);
  sample.spans[1].attributes = with(kChat, {{"gen_ai.usage.input_tokens", -5}});
  sample.spans[2].id = "eee19b7ec3c1b175";
  Both(sample).each([](const Decoded& decoded) {
    REQUIRE(decoded.events.size() == 2);
    CHECK(decoded.events[1].id.ends_with("b175"));
    REQUIRE(decoded.bad.size() == 1);
    CHECK(decoded.bad[0].reason == QuarantineReason::negative_count);
    CHECK(decoded.bad[0].element == 1);
    CHECK(decoded.bad[0].detail == "gen_ai.usage.input_tokens: -5");
  });
}

TEST_CASE("An attribute of money or identity twice, or of a wrong type, sets its span aside") {
  const auto reason = [](const Attributes& attributes) {
    const Both both(one(with(kChat, attributes)));
    CHECK(both.json.only_bad().reason == both.proto.only_bad().reason);
    return both.proto.only_bad().reason;
  };
  CHECK(reason({{"user.id", "a"}, {"user.id", "b"}}) == QuarantineReason::duplicate_key);
  CHECK(reason({{"gen_ai.usage.cost", 1.0}, {"gen_ai.usage.cost", 1.0}}) ==
        QuarantineReason::duplicate_key);
  CHECK(reason({{"gen_ai.usage.input_tokens", true}}) == QuarantineReason::wrong_type);
  CHECK(reason({{"gen_ai.usage.input_tokens", "many"}}) == QuarantineReason::absurd_count);
  CHECK(reason({{"gen_ai.usage.input_tokens", std::numeric_limits<std::int64_t>::max()}}) ==
        QuarantineReason::absurd_count);
  CHECK(reason({{"gen_ai.usage.cost", -0.5}}) == QuarantineReason::negative_cost);
}

TEST_CASE("Numbers of 64 bits come as text or as numbers in JSON") {
  const Decoded decoded(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"AB","spanId":"CD",
    "startTimeUnixNano":1763700000000000000,"endTimeUnixNano":"1763700000500000000",
    "attributes":[{"value":{"stringValue":"chat"},"key":"gen_ai.operation.name"},
      {"key":"gen_ai.usage.input_tokens","value":{"intValue":12}},
      {"key":"gen_ai.usage.output_tokens","value":{"intValue":"34"}},
      {"key":"gen_ai.request.model","value":{}},
      {"key":"gen_ai.input.messages","value":{"arrayValue":{"values":[{"stringValue":"secret"}]}}}]}]}],
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"late"}}]}}]})");
  const Event& e = decoded.only();
  CHECK(e.id == "abcd");
  CHECK(e.latency_ms == 500);
  CHECK(e.usage[Unit::input] == 12);
  CHECK(e.usage[Unit::output] == 34);
  CHECK(e.model.empty());
  CHECK(e.service == "late");  // though it stands behind its spans
}

TEST_CASE("Who pays may be a number, as a text's is what it says") {
  SpansSample sample = one(kChat);
  sample.resource = {{"team.id", std::int64_t{42}}, {"service.name", "checkout"}};
  const Both both(sample);
  CHECK(both.proto.only().team == "42");
  CHECK(both.json.only().team == "42");
  CHECK(both.proto.only().service == "checkout");
}

TEST_CASE("A resource that stands behind its spans is known to them in protobuf, too") {
  ProtoWriter span;
  for (const auto& [key, value] : kChat) span.bytes(9, proto_of(key, value));
  const std::string spans =
      ProtoWriter()
          .bytes(2, ProtoWriter().bytes(2, span.str()).str())
          .bytes(1, ProtoWriter().bytes(1, proto_of("service.name", "late")).str())
          .str();
  const Decoded decoded(ProtoWriter().bytes(1, spans).bytes(1, "").str());
  CHECK(decoded.only().service == "late");
  CHECK(decoded.only().id.empty());
}

TEST_CASE("An empty request is read and holds nothing, as a test of the connection sends it") {
  for (const char* json :
       {R"({"resourceSpans":[]})", R"({"resourceSpans":[{}]})", R"({"resourceSpans":null})",
        R"({"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[]}]}]})"}) {
    const Decoded decoded(json);
    CHECK(decoded.events.empty());
    CHECK(decoded.bad.empty());
  }
}

TEST_CASE("A JSON text that begins with a line feed is JSON still") {
  const Decoded native("\n{\"id\":\"a\",\"usage\":{\"input\":1}}");
  CHECK(native.only().id == "a");
  // The same bytes are a message: of a field 1 of 123 (the brace) bytes, in which stand a fixed64
  // (the tab and eight blanks) and varints, of which the last is the other brace.
  const std::string blanks = "\n{\t" + std::string(121, ' ') + "}";
  CHECK(Decoded(blanks).only_bad().reason == QuarantineReason::unknown_format);
}

TEST_CASE("A source may name the encoding") {
  const SpansSample sample = one(kChat);
  CHECK(Decoded(sample.proto(), Format::otlp_proto).events.size() == 1);
  CHECK(Decoded(sample.json(), Format::otlp_json).events.size() == 1);
  CHECK(Decoded(sample.json(), Format::otlp_proto).only_bad().reason ==
        QuarantineReason::broken_protobuf);
  CHECK(Decoded(sample.proto(), Format::otlp_json).events.empty());
}
