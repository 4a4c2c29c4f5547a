// SPDX-License-Identifier: Apache-2.0
#include "event/mapping.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>

#include "event/mapping_steps.h"
#include "event/number.h"
#include "mapped.h"

using namespace tocsin;

namespace {

const std::string kUsage =
    "model: /model\nusage: {input: /in, cache_read: /hit, output: /out, reasoning: /think}\n";
struct FakeEnvelope final : RecordEnvelope {
  std::optional<std::string_view> key(const Record&) const override { return key_bytes; }
  std::optional<std::string_view> header(const Record&, const std::string& name) const override {
    const auto found = headers.find(name);
    if (found == headers.end()) return std::nullopt;
    return found->second;
  }
  std::optional<std::string> key_bytes;
  std::map<std::string, std::string> headers;
};

const std::string kPlain = "model: /m\nusage: {input: /i}\n";

}  // namespace

TEST_CASE("A pointer is what RFC 6901 says it is") {
  using Names = std::vector<std::string>;
  CHECK(wire::pointer_names("/a~1b/~0/0/") == Names{"a/b", "~", "0", ""});
  CHECK(wire::pointer_names("/gen_ai.usage.input_tokens") == Names{"gen_ai.usage.input_tokens"});
  CHECK(wire::pointer_names("/~01") == Names{"~1"});
  CHECK_FALSE(wire::pointer_names(""));
  CHECK_FALSE(wire::pointer_names("a"));
  CHECK_FALSE(wire::pointer_names("/a~"));
  CHECK_FALSE(wire::pointer_names("/a~2"));
}

TEST_CASE("A mapping says where every field is, and nothing else is kept") {
  const RecordFormat format = mapped_by(R"(
producer: gate
id: /meta/id
timestamp: /at
provider: /vendor
model: /model
operation: /op
service_tier: /tier
status: /code
latency_ms: /ms
cost: /usd
cached: /hit
byok: /own
user: /u
service: /s
team: /t
key: /k
environment: /e
agent: /a
session: /ses/id
session_name: /ses/name
session_path: /ses/path
tags: /tags
input: /prompt
properties: [/labels, {Feature: /feature}]
usage: {input: /n/0, output: /n/1, images: /n/2}
)");
  const Decoded decoded(R"({"prompt":"secret","usd":"0.25","labels":{"Tier":"free","deep":{}},
    "at":"2026-11-20T10:00:00Z","meta":{"id":"r1"},"vendor":"Azure.AI.OpenAI","model":"gpt-4o",
    "op":"chat","tier":"batch","code":"200","ms":12.6,"hit":"false","own":1,"u":7,"s":"checkout",
    "t":"pay","k":"ck","e":"prod","a":"bot","ses":{"id":"s1","name":"n","path":"/p"},
    "tags":["x","y"],"feature":"chat","n":["10",20,3],"user":"not mapped"})",
                        format);
  const Event& event = decoded.only();
  CHECK(decoded.decoder.format() == Format::mapping);
  CHECK(event.producer == "gate");
  CHECK(event.id == "r1");
  CHECK(to_ms(event.time.value()) == 1'795'168'800'000);
  CHECK(event.provider == "azure");
  CHECK(event.model == "gpt-4o");
  CHECK(event.operation == "chat");
  CHECK(event.service_tier == "batch");
  CHECK(event.status == 200);
  CHECK(event.latency_ms == 13);
  CHECK(event.reported_cost == Money::parse("0.25"));
  CHECK_FALSE(event.cached);
  CHECK(event.byok);
  CHECK(event.user == "7");
  CHECK(event.service == "checkout");
  CHECK(event.team == "pay");
  CHECK(event.key == "ck");
  CHECK(event.environment == "prod");
  CHECK(event.agent == "bot");
  CHECK(event.session == "s1");
  CHECK(event.session_name == "n");
  CHECK(event.session_path == "/p");
  CHECK(event.tags == std::vector<std::string_view>{"x", "y"});
  CHECK(event.input_hash.empty());  // without a key there is none
  REQUIRE(event.properties.size() == 2);
  CHECK(event.properties[0].name == "Tier");
  CHECK(event.properties[1].name == "Feature");
  CHECK(event.properties[1].value == "chat");
  CHECK(event.usage[Unit::input] == 10);
  CHECK(event.usage[Unit::output] == 20);
  REQUIRE(event.usage.others.size() == 1);
  CHECK(event.usage.others[0] == std::pair<std::string_view, std::int64_t>{"images", 3});
}

TEST_CASE("Of what a mapping says was asked a hash remains, under a key") {
  const RecordFormat format = mapped_by("input: /in\n" + kPlain);
  const auto hash = [&](const std::string& record) {
    Decoder decoder(7);
    Collect told;
    decoder.begin_batch();
    decoder.decode(record, format, told);
    REQUIRE(told.events.size() == 1);
    return std::string(told.events[0].input_hash);
  };
  CHECK_FALSE(hash(R"({"in":[{"text":"hi"}],"i":1})").empty());
  CHECK(hash(R"({"in":[{"text":"hi"}],"i":1})") == hash(R"({"i":2,"in":[{"text":"hi"}]})"));
  CHECK(hash(R"({"in":[{"text":"hi"}]})") != hash(R"({"in":[{"text":"ho"}]})"));
  CHECK(hash(R"({"i":1})").empty());
}

TEST_CASE("Of several pointers the first that has something counts") {
  const RecordFormat format =
      mapped_by("model: [/a/model, /b, {value: gpt-4o}]\nusage: {input: [/x, /y]}\n");
  CHECK(Decoded(R"({"b":"two","a":{"model":"one"}})", format).only().model == "one");
  CHECK(Decoded(R"({"b":"two","a":{"model":""}})", format).only().model == "two");
  CHECK(Decoded(R"({"b":null,"a":7})", format).only().model == "gpt-4o");
  CHECK(Decoded(R"({"x":null,"y":3})", format).only().usage[Unit::input] == 3);
  CHECK(Decoded(R"({"x":0,"y":3})", format).only().usage[Unit::input] == 0);
}

TEST_CASE("A name in a record is the pointer's to the letter") {
  const RecordFormat format = mapped_by(
      "model: /m\nusage: {input: /a~1b, output: /usage.of.all.output_tokens}\nuser: \"/\"\n");
  const Decoded decoded(R"({"a\/b":1,"usage.of.all.output_tokens":2,"M":"no","m":"m","":"u"})",
                        format);
  const Event& event = decoded.only();
  CHECK(event.usage[Unit::input] == 1);
  CHECK(event.usage[Unit::output] == 2);
  CHECK(event.model == "m");
  CHECK(event.user == "u");
  // As long, and the same at both ends; and longer.
  const RecordFormat again = mapped_by("model: /m\nusage: {input: /abababab}\n");
  CHECK_FALSE(Decoded(R"({"ababababab":2})", again).only().has_usage);
  CHECK_FALSE(Decoded(R"({"usage.of.bll.output_tokens":2})", format).only().has_usage);
}

TEST_CASE("Of a name that is there twice and is neither money nor identity the first counts") {
  const RecordFormat format = mapped_by(kPlain + "operation: /op\ntags: /t\nproperties: /p\n");
  const Decoded decoded(R"({"op":"a","op":"b","t":["x"],"t":["y"],"p":{"n":"1"},"p":{"o":"2"}})",
                        format);
  CHECK(decoded.only().operation == "a");
  CHECK(decoded.only().tags == std::vector<std::string_view>{"x"});
  CHECK(decoded.only().properties.size() == 1);
}

TEST_CASE("A property of an owner's name is the owner where no pointer says it") {
  const RecordFormat format = mapped_by(kPlain + "key: /k\nproperties: {Team: /t, Key: /l}\n");
  const Decoded decoded(R"({"k":"ck","t":"pay","l":"other"})", format);
  CHECK(decoded.only().team == "pay");
  CHECK(decoded.only().key == "ck");
}

TEST_CASE("Counts come out disjoint, whichever holds which") {
  const std::string record = R"({"model":"m","in":100,"hit":30,"out":50,"think":20})";
  const auto counts = [&](const std::string& says) {
    const Event event = Decoded(record, mapped_by(kUsage + says)).only();
    return std::vector<std::int64_t>{event.usage[Unit::input], event.usage[Unit::cache_read],
                                     event.usage[Unit::output], event.usage[Unit::reasoning]};
  };
  using Counts = std::vector<std::int64_t>;
  CHECK(counts("input_includes_cache: true\n") == Counts{70, 30, 50, 20});
  CHECK(counts("input_includes_cache: false\n") == Counts{100, 30, 50, 20});
  CHECK(counts("input_includes_cache: true\noutput_includes_reasoning: false\n") ==
        Counts{70, 30, 70, 20});
  CHECK(counts("disjoint: true\n") == Counts{100, 30, 70, 20});
}

TEST_CASE("Audio is a part of its whole, but where counts are disjoint") {
  const std::string map =
      "model: /m\nusage: {input: /i, input_audio: /ia, output: /o, output_audio: /oa}\n";
  const std::string record = R"({"i":10,"ia":4,"o":6,"oa":1})";
  const Event within = Decoded(record, mapped_by(map)).only();
  CHECK(within.usage[Unit::input] == 6);
  CHECK(within.usage[Unit::input_audio] == 4);
  CHECK(within.usage[Unit::output] == 5);
  const Event beside = Decoded(record, mapped_by(map + "disjoint: true\n")).only();
  CHECK(beside.usage[Unit::input] == 10);
  CHECK(beside.usage[Unit::input_audio] == 4);
  CHECK(beside.usage[Unit::output] == 6);
  CHECK(beside.usage[Unit::output_audio] == 1);
}

TEST_CASE("So are images and video, and what of them was cached") {
  const std::string map =
      "model: /m\ninput_includes_cache: true\n"
      "usage: {input: /i, cache_read: /c, output: /o, input_image: /ii, output_image: /oi,\n"
      "  cache_image_read: /ci, input_video: /iv, output_video: /ov, cache_video_read: /cv,\n"
      "  cache_audio_read: /ca}\n";
  const std::string record =
      R"({"i":100,"c":40,"o":30,"ii":20,"oi":5,"ci":8,"iv":10,"ov":2,"cv":1,"ca":4})";
  const auto counts = [](const Event& event) {
    std::string all;
    for (std::size_t i = 0; i < kUnits; ++i) {
      if (event.usage.counts[i] == 0) continue;
      all += std::string(kUnitNames[i]) + " " + std::to_string(event.usage.counts[i]) + ", ";
    }
    for (const auto& [unit, count] : event.usage.others) {
      all += std::string(unit) + " " + std::to_string(count) + ", ";
    }
    return all;
  };
  // 100 - 40 cached - (20 - 8) - (10 - 1) fresh; 40 - 4 - 8 - 1; 30 - 5 - 2.
  CHECK(counts(Decoded(record, mapped_by(map)).only()) ==
        "input 39, cache_read 27, output 23, cache_audio_read 4, cache_image_read 8, "
        "input_image 12, cache_video_read 1, input_video 9, output_image 5, output_video 2, ");
  std::string beside = map.substr(0, map.find("input_includes_cache")) + "disjoint: true\n" +
                       map.substr(map.find("usage:"));
  CHECK(counts(Decoded(record, mapped_by(beside)).only()) ==
        "input 100, cache_read 40, output 30, cache_audio_read 4, cache_image_read 8, "
        "input_image 20, cache_video_read 1, input_video 10, output_image 5, output_video 2, ");
}

TEST_CASE("More cached than there is was not within it, and is counted as mended") {
  const Decoded decoded(R"({"model":"m","in":5,"hit":30})",
                        mapped_by(kUsage + "input_includes_cache: true\n"));
  CHECK(decoded.only().usage[Unit::input] == 5);
  CHECK(decoded.only().usage[Unit::cache_read] == 30);
  CHECK(decoded.decoder.counts().counts_mended == 1);
}

TEST_CASE("Costs are exact in their unit, and none at all is no cost") {
  const auto cost = [](const std::string& unit, const std::string& value) {
    return Decoded("{\"c\":" + value + "}", mapped_by("cost: /c\ncost_unit: " + unit + "\n"))
        .only()
        .reported_cost;
  };
  CHECK(cost("usd", "0.000001234567") == Money::pico(1'234'567));
  CHECK(cost("cents", "0.61") == Money::parse("0.0061"));
  CHECK(cost("cents", "\"1e-9\"") == Money::pico(10));
  CHECK(cost("nano", "225000") == Money::parse("0.000225"));
  CHECK_FALSE(cost("usd", "0"));
  CHECK_FALSE(cost("usd", "null"));
}

TEST_CASE("Times are read in their unit alone") {
  constexpr std::int64_t kNone = -99;
  const auto time = [](const std::string& unit, const std::string& value) {
    const std::string in = unit.empty() ? "" : "time: " + unit + "\n";
    const Decoded decoded("{\"t\":" + value + "}", mapped_by(kPlain + "timestamp: /t\n" + in));
    if (decoded.events.empty()) {
      CHECK(decoded.only_bad().reason == QuarantineReason::bad_timestamp);
      return kNone;
    }
    return to_ms(decoded.only().time.value());
  };
  CHECK(time("s", "1763700000.7605") == 1'763'700'000'760);
  CHECK(time("ms", "1763700000760") == 1'763'700'000'760);
  CHECK(time("us", "1763700000760999") == 1'763'700'000'760);
  CHECK(time("ns", "\"1763700000760999999\"") == 1'763'700'000'760);
  // Which by their size would be seconds.
  CHECK(time("ms", "5000") == 5'000);
  CHECK(time("us", "5000000") == 5'000);
  CHECK(time("ns", "5000000000") == 5'000);
  CHECK(time("rfc3339", "\"2025-11-21T04:40:00.760Z\"") == 1'763'700'000'760);
  CHECK(time("", "1763700000") == 1'763'700'000'000);
  CHECK(time("rfc3339", "1763700000") == kNone);
  CHECK(time("rfc3339", "\"2025-11-21T04:40:00\"") == kNone);  // of nobody knows where
  CHECK(time("s", "\"2025-11-21T04:40:00Z\"") == kNone);
  CHECK(time("s", "1763700000760") == kNone);  // milliseconds: the year 57859
  CHECK(time("ms", "-1") == kNone);
}

TEST_CASE("What is no request is passed over and counted") {
  const RecordFormat format =
      mapped_by(kPlain + "when: {/type: [GENERATION, EMBEDDING], /m: gpt-4o}\n");
  CHECK(Decoded(R"({"type":"EMBEDDING","m":"gpt-4o"})", format).events.size() == 1);
  for (const char* record : {R"({"type":"SPAN","m":"gpt-4o"})", R"({"type":"EMBEDDING","m":"x"})",
                             R"({"m":"gpt-4o"})", R"({"type":{},"m":"gpt-4o"})"}) {
    INFO(record);
    const Decoded decoded(record, format);
    CHECK(decoded.events.empty());
    CHECK(decoded.bad.empty());
    CHECK(decoded.decoder.counts().spans_passed == 1);
  }
  // What is no object is no text either.
  CHECK(Decoded(R"({"type":{}})", mapped_by(kPlain + "when: {/type: an object}\n")).events.empty());
  // A record that cannot be read is set aside, whatever it is.
  const Decoded twice(R"({"type":"SPAN","m":"a","m":"b"})", format);
  CHECK(twice.only_bad().reason == QuarantineReason::duplicate_key);
  CHECK(twice.decoder.counts().spans_passed == 0);
  const RecordFormat there = mapped_by(kPlain + "when: /usage\n");
  CHECK(Decoded(R"({"usage":{}})", there).events.size() == 1);
  CHECK(Decoded(R"({"usage":null})", there).events.empty());
}

TEST_CASE("A condition can say that a request failed, or was answered from a cache") {
  const RecordFormat format =
      mapped_by(kPlain + "status: /s\nerror: {/level: ERROR}\ncached: {/cache: [HIT, hit]}\n");
  CHECK(Decoded(R"({"level":"ERROR"})", format).only().status == 500);
  CHECK(Decoded(R"({"level":"ERROR","s":429})", format).only().status == 429);
  CHECK(Decoded(R"({"level":"ERROR","s":200})", format).only().status == 500);
  CHECK(Decoded(R"({"level":"DEFAULT","s":200})", format).only().status == 200);
  CHECK(Decoded(R"({"cache":"HIT"})", format).only().cached);
  CHECK_FALSE(Decoded(R"({"cache":"MISS"})", format).only().cached);
}

TEST_CASE("Pointers go through a text that holds JSON") {
  const RecordFormat format = mapped_by(
      "inside: /log\nmodel: /log/model\nusage: {input: /log/n/0}\nuser: /user\ntags: /log/tags\n");
  const Decoded decoded(
      R"({"log":"{\"model\":\"a \\\"b\\\"\",\"n\":[\"12\"],\"tags\":[\"x\"]}","user":"u"})",
      format);
  CHECK(decoded.only().model == "a \"b\"");
  CHECK(decoded.only().usage[Unit::input] == 12);
  CHECK(decoded.only().tags == std::vector<std::string_view>{"x"});
  CHECK(decoded.only().user == "u");
  // As it is, where somebody has opened it already; and where there is none.
  CHECK(Decoded(R"({"log":{"model":"m","n":[3]}})", format).only().usage[Unit::input] == 3);
  CHECK(Decoded(R"({"log":"-","user":"u"})", format).only().user == "u");
  CHECK(Decoded(R"({"log":"","user":"u"})", format).only().user == "u");
  CHECK(Decoded(R"({"log":null,"user":"u"})", format).only().user == "u");
}

TEST_CASE("Pointers go through several texts, of which none is in another") {
  const RecordFormat format =
      mapped_by("inside: [/a, /b]\nmodel: /a/m\nusage: {input: /a/i}\ntags: /b\n");
  const Decoded decoded(R"({"b":"[\"x\",\"y\"]","a":"{\"m\":\"gpt-4o\",\"i\":3}"})", format);
  CHECK(decoded.only().model == "gpt-4o");
  CHECK(decoded.only().tags == std::vector<std::string_view>{"x", "y"});
  CHECK(Decoded(R"({"b":"z","a":{"m":"gpt-4o"}})", format).only().tags.empty());
  CHECK(mapping_trouble("inside: [/a, /a/b]\n" + kPlain)
            .starts_with("1:14: a text inside of a text is not looked into"));
}

TEST_CASE("A time without an offset is UTC where that is said") {
  const RecordFormat format = mapped_by(kPlain + "timestamp: /t\ntime: utc\n");
  for (const char* record : {R"({"t":"2026-11-20T10:00:00"})", R"({"t":"2026-11-20 10:00:00.000"})",
                             R"({"t":"2026-11-20T11:00:00+01:00"})", R"({"t":1795168800000})"}) {
    INFO(record);
    CHECK(to_ms(*Decoded(record, format).only().time) == 1'795'168'800'000);
  }
}

TEST_CASE("A text that begins as JSON and is none is set aside") {
  const RecordFormat format = mapped_by("inside: /log\nmodel: /log/m\nusage: {input: /log/i}\n");
  for (const char* text : {R"({\"m\":)", R"({\"m\":1}})", R"({\"m\":1} x)", R"({\"m\" 1})", "{"}) {
    INFO(text);
    const Decoded decoded("{\"log\":\"" + std::string(text) + "\",\"b\":{}}", format);
    CHECK(decoded.only_bad().reason == QuarantineReason::broken_json);
    CHECK(decoded.only_bad().detail == "log: a text that holds no JSON");
  }
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  CHECK(Decoded("{\"log\":\"" + deep + "\"}", format).only_bad().reason ==
        QuarantineReason::broken_json);
  // Nested too deep within a text says nothing of the record around it.
  const Decoded broken("{\"log\":\"" + deep + "\",\"b\":}", format);
  CHECK(broken.only_bad().detail.starts_with("not JSON, near byte 9"));
}

TEST_CASE("Texts of a batch stay as they are while others are read") {
  const RecordFormat format = mapped_by("inside: /l\nmodel: /l/m\nusage: {input: /l/i}\n");
  Decoder decoder;
  Collect told;
  std::vector<std::string> records;
  for (int i = 0; i < 100; ++i) {
    records.push_back(R"({"l":"{\"m\":\"model-)" + std::to_string(i) + R"(\",\"i\":1}"})");
  }
  for (int batch = 0; batch < 3; ++batch) {
    told.events.clear();
    decoder.begin_batch();
    for (const auto& record : records) decoder.decode(record, format, told);
    REQUIRE(told.events.size() == 100);
    for (int i = 0; i < 100; ++i) {
      CHECK(told.events[static_cast<std::size_t>(i)].model == "model-" + std::to_string(i));
    }
  }
}

TEST_CASE("Every item of an array is an event, with what stands around it") {
  const RecordFormat format = mapped_by(
      "each: /batch/items\nmodel: /m\nusage: {input: /i}\nteam: record:/tenant\nid: /id\n");
  const Decoded decoded(
      R"({"batch":{"items":[{"id":"1","m":"a","i":1},7,{"id":"2","i":-1},{"id":"3","i":3}]},"tenant":"t"})",
      format);
  REQUIRE(decoded.events.size() == 2);
  CHECK(decoded.events[0].team == "t");
  CHECK(decoded.events[0].model == "a");
  CHECK(decoded.events[1].id == "3");
  CHECK(decoded.events[1].team == "t");
  CHECK(decoded.events[1].model.empty());
  REQUIRE(decoded.bad.size() == 2);
  CHECK(decoded.bad[0].element == 1);
  CHECK(decoded.bad[0].reason == QuarantineReason::unknown_format);
  CHECK(decoded.bad[1].element == 2);
  CHECK(decoded.bad[1].detail == "input: -1");
  const Decoded twice(R"({"tenant":"a","tenant":"b","batch":{"items":[{"m":"a","i":1}]}})", format);
  CHECK(twice.only_bad().detail == "tenant: twice");
  // Several such records, with more behind the arrays.
  const Decoded several(
      R"([{"batch":{"items":[{"i":1}]},"x":[1]},{"batch":{"items":[{"i":2},{"i":3}]}}])", format);
  CHECK(several.bad.empty());
  CHECK(several.events.size() == 3);
}

TEST_CASE("An array is told whole or not at all") {
  const RecordFormat format = mapped_by("each: /items\n" + kPlain);
  for (const char* record : {R"({"items":[{"i":1},{"i":2})", R"({"items":[{"i":1}],"x":})",
                             R"({"items":[{"i":1}]} {)", R"({"items":[{"i":1}]} {})"}) {
    INFO(record);
    CHECK(Decoded(record, format).only_bad().reason == QuarantineReason::broken_json);
  }
  const Decoded none(R"({"items":{}})", format);
  CHECK(none.events.empty());
  CHECK(none.decoder.counts().spans_passed == 1);
}

TEST_CASE("Arrays of records and records a line are mapped one by one") {
  const RecordFormat format = mapped_by(kPlain);
  CHECK(Decoded(R"([{"i":1},{"i":2}])", format).events.size() == 2);
  CHECK(Decoded("{\"i\":1}\n{\"i\":2}\n", format).events.size() == 2);
}

TEST_CASE("What cannot stand where money, time or identity is mapped is set aside") {
  const RecordFormat format = mapped_by(
      "model: /a/m\nusage: {input: /a/i}\ncost: /c\ntimestamp: /t\nuser: /u\nstatus: /s\n");
  const auto reason = [&](const char* record) {
    INFO(record);
    return Decoded(record, format).only_bad().reason;
  };
  CHECK(reason(R"({"a":{"i":-5}})") == QuarantineReason::negative_count);
  CHECK(reason(R"({"a":{"i":1.5}})") == QuarantineReason::absurd_count);
  CHECK(reason(R"({"a":{"i":true}})") == QuarantineReason::wrong_type);
  CHECK(reason(R"({"c":"-0.1"})") == QuarantineReason::negative_cost);
  CHECK(reason(R"({"c":"nan"})") == QuarantineReason::absurd_cost);
  CHECK(reason(R"({"c":{}})") == QuarantineReason::wrong_type);
  CHECK(reason(R"({"t":"yesterday"})") == QuarantineReason::bad_timestamp);
  CHECK(reason(R"({"t":[]})") == QuarantineReason::wrong_type);
  CHECK(reason(R"({"u":{"id":1}})") == QuarantineReason::wrong_type);
  CHECK(reason(R"({"s":"ok"})") == QuarantineReason::wrong_type);
  CHECK(reason(R"({"c":1,"c":1})") == QuarantineReason::duplicate_key);
  CHECK(reason(R"({"a":{"i":1},"a":{}})") == QuarantineReason::duplicate_key);
  CHECK(reason(R"({"a":{"i":1,"i":1}})") == QuarantineReason::duplicate_key);
  // Also where something else is in it.
  const RecordFormat shared = mapped_by("model: /a/m\nusage: {input: /a/i}\ntags: /a/t\n");
  CHECK(Decoded(R"({"a":{"i":1},"a":{}})", shared).only_bad().reason ==
        QuarantineReason::duplicate_key);
}

TEST_CASE("A mapping reads a record's key and headers where it names them") {
  const RecordFormat format = mapped_by(
      kPlain + "key: key\nteam: [/team, 'header:team']\nproperties: {Tier: 'header:x-tier'}\n" +
      "cost: header:usd\nwhen: {header:kind: [llm, chat]}\n");
  EnvelopeParts parts{.key = true, .headers = {"team", "x-tier", "usd", "kind"}};
  std::sort(parts.headers.begin(), parts.headers.end());
  EnvelopeParts asked = envelope_parts(format);
  std::sort(asked.headers.begin(), asked.headers.end());
  CHECK(asked == parts);
  CHECK(envelope_parts(mapped_by(kPlain)) == EnvelopeParts{});
  CHECK(envelope_parts(Format::kong) == EnvelopeParts{});

  FakeEnvelope envelope;
  envelope.key_bytes = std::string("k\0ey", 5);
  envelope.headers = {{"team", "payments"}, {"x-tier", "free"}, {"usd", "0.25"}, {"kind", "llm"}};
  const Decoded decoded(R"({"m":"gpt-4o","i":3})", format, &envelope);
  const Event& event = decoded.only();
  CHECK(event.key == std::string_view("k\0ey", 5));
  CHECK(event.team == "payments");
  CHECK(event.reported_cost == wire::read_cost("0.25").value);
  REQUIRE(event.properties.size() == 1);
  CHECK(event.properties[0].value == "free");
  // A pointer before it counts, and every line and element of the record has them.
  CHECK(Decoded(R"({"i":3,"team":"search"})", format, &envelope).only().team == "search");
  CHECK(Decoded("{\"i\":1}\n{\"i\":2}\n", format, &envelope).events.at(1).team == "payments");
  CHECK(Decoded(R"([{"i":1},{"i":2}])", format, &envelope).events.at(1).team == "payments");
  // Without them it is as if there were none.
  envelope.headers["kind"] = "audit";
  CHECK(Decoded(R"({"i":3})", format, &envelope).decoder.counts().spans_passed == 1);
  CHECK(Decoded(R"({"i":3})", format).decoder.counts().spans_passed == 1);
}

TEST_CASE("Items of an array have the key and the headers of their record") {
  const RecordFormat format = mapped_by("each: /a\n" + kPlain + "user: key\nteam: header:t\n");
  FakeEnvelope envelope;
  envelope.key_bytes = "ann";
  envelope.headers = {{"t", "payments"}};
  const Decoded decoded(R"({"a":[{"i":1},{"i":2}]})", format, &envelope);
  REQUIRE(decoded.events.size() == 2);
  for (const Event& event : decoded.events) {
    CHECK(event.user == "ann");
    CHECK(event.team == "payments");
  }
}

TEST_CASE("A key or header is cut like any text, and one that is none is no value") {
  const RecordFormat format =
      mapped_by(kPlain + "user: [/u, key]\nproperties: {Tier: 'header:tier'}\n");
  FakeEnvelope envelope;
  envelope.key_bytes = std::string(300, 'k');
  const Decoded cut(R"({"i":1})", format, &envelope);
  CHECK(cut.only().user.size() == 256);
  CHECK(cut.only().user.starts_with(std::string(240, 'k')));
  CHECK(cut.decoder.counts().values_cut == 1);

  envelope.key_bytes = "\xff\xfe";
  CHECK(Decoded(R"({"i":1})", format, &envelope).only_bad().reason == QuarantineReason::wrong_type);
  CHECK(Decoded(R"({"i":1})", format, &envelope).only_bad().detail ==
        "user: bytes that are no text");
  CHECK(Decoded(R"({"i":1,"u":"ann"})", format, &envelope).only().user == "ann");

  envelope.key_bytes.reset();
  envelope.headers = {{"tier", "\xff"}};
  const Decoded dropped(R"({"i":1})", format, &envelope);
  CHECK(dropped.only().properties.empty());
  CHECK(dropped.only().user.empty());
  CHECK(dropped.decoder.counts().properties_dropped == 1);
}

TEST_CASE("Mappings that say the same are equal") {
  CHECK_FALSE(mapped_by(kPlain + "user: header:a\n") == mapped_by(kPlain + "user: header:b\n"));
  CHECK_FALSE(mapped_by(kPlain + "user: header:a\n") == mapped_by(kPlain + "user: key\n"));
  CHECK(mapped_by(kPlain) == mapped_by(kPlain + "# the same\n"));
  CHECK_FALSE(mapped_by(kPlain) == mapped_by(kPlain + "user: /u\n"));
  CHECK_FALSE(mapped_by(kPlain) == RecordFormat(Format::kong));
  CHECK(RecordFormat(Format::kong) == RecordFormat(Format::kong));
}

TEST_CASE("What is wrong in a mapping is told where it is, and what to write") {
  CHECK(
      mapping_trouble("modle: /m\n")
          .starts_with("1:1: unknown key \"modle\"; did you mean \"model\"? Allowed: when, each"));
  CHECK(mapping_trouble("model: m\nusage: {input: /i}\n") ==
        "1:8: \"m\" is no JSON Pointer; write /m, or {value: m} for what is always the same");
  CHECK(mapping_trouble("model: /a~\nusage: {input: /i}\n").starts_with("1:8: \"/a~\" is no JSON"));
  CHECK(mapping_trouble("model: /m\n") ==
        "1:1: neither usage nor cost is mapped; add usage: {input: POINTER, output: POINTER}");
  CHECK(mapping_trouble("usage: {input: /i}\n").starts_with("1:1: \"model\" is missing"));
  CHECK(mapping_trouble("model: /m\nusage: {input: /i, cache_read: /c}\n") ==
        "2:8: does input count what was read from a cache, too?; say input_includes_cache: true or "
        "false");
  CHECK(mapping_trouble(kPlain + "time: sec\n") ==
        "3:7: unknown unit \"sec\"; Allowed: rfc3339, s, ms, us, ns, utc");
  CHECK(mapping_trouble(kPlain + "time: ms\n") ==
        "3:1: it says what \"timestamp\" is in, which is not there; add timestamp: POINTER");
  CHECK(mapping_trouble(kPlain + "cost_unit: cents\n").starts_with("3:1: it says what \"cost\""));
  CHECK(mapping_trouble(kPlain + "cost_unit: cent\n")
            .starts_with("3:12: unknown unit \"cent\"; did you mean \"cents\"?"));
  CHECK(mapping_trouble("model: /m\nusage: {inptu: /i}\n")
            .starts_with("2:9: unknown unit \"inptu\"; did you mean \"input\"?"));
  CHECK(mapping_trouble(kPlain + "user: 'header:'\n") ==
        "3:7: this is no header's name; write header:NAME, of at most 256 bytes");
  CHECK(mapping_trouble(kPlain + "tags: header:tags\n").starts_with("3:7: the key and the head"));
  CHECK(mapping_trouble("each: /a\n" + kPlain + "user: record:key\n")
            .ends_with("are single values; write key"));
  CHECK(mapping_trouble(kPlain + "user: record:/u\n").starts_with("3:7: without each:"));
  CHECK(
      mapping_trouble("each: /e\n" + kPlain + "tags: record:/t\n").starts_with("4:7: of the rec"));
  CHECK(mapping_trouble(kPlain + "user: [{value: a}, /u]\n").starts_with("3:20: nothing comes"));
  CHECK(mapping_trouble(kPlain + "user: {vlaue: a}\n").starts_with("3:7: a pointer, or what is"));
  CHECK(mapping_trouble(kPlain + "disjoint: maybe\n") == "3:11: true or false must stand here; ");
  CHECK(mapping_trouble(kPlain + "disjoint: true\ninput_includes_cache: true\n")
            .starts_with("3:1: disjoint says"));
  CHECK(mapping_trouble(kPlain + "tags: [/t]\n") ==
        "3:7: a JSON Pointer must stand here; write one such as /usage/input_tokens");
  CHECK(mapping_trouble(kPlain + "user: []\n").starts_with("3:7: no pointer is written here"));
  CHECK(mapping_trouble(kPlain + "when: [/a]\n").starts_with("3:7: a pointer, or pointers and"));
  CHECK(mapping_trouble(kPlain + "when: {/a: [[b]]}\n").starts_with("3:13: a text must stand"));
  CHECK(mapping_trouble(kPlain + "when: {/a: {b: c}}\n").starts_with("3:12: a value, or a list"));
  CHECK(mapping_trouble("model: /m\nusage: /u\n").starts_with("2:8: units and their pointers"));
  CHECK(mapping_trouble("model: /m\nusage: {" + std::string(65, 'u') + ": /i}\n")
            .starts_with("2:9: this is no unit's name"));
  CHECK(mapping_trouble(kPlain + "properties: {" + std::string(257, 'p') + ": /p}\n")
            .starts_with("3:14: a property's name has 1 to 256 bytes"));
  CHECK(mapping_trouble(kPlain + "properties: [[/p]]\n").starts_with("3:14: a pointer, or names"));
  CHECK(mapping_trouble(kPlain + "producer: [p]\n").starts_with("3:11: a name must stand here"));
  std::string deep;
  for (int i = 0; i < 32; ++i) deep += "/d";
  CHECK(mapping_trouble(kPlain + "tags: " + deep + "\n").starts_with("3:7: more than 64 pointers"));
  CHECK(mapping_trouble(kPlain + "user: " + deep + "\n").starts_with("3:7: more than 64 pointers"));
  CHECK(mapping_trouble("- a\n").starts_with("1:1: the keys of a mapping must stand here"));
  std::string many = kPlain + "properties:\n";
  for (int i = 0; i < 70; ++i)
    many += "  P" + std::to_string(i) + ": /p" + std::to_string(i) + "\n";
  CHECK(mapping_trouble(many).starts_with("66:8: more than 64 pointers"));
  std::string long_ones = kPlain + "properties:\n";
  for (int i = 0; i < 9; ++i) {
    long_ones += "  P" + std::to_string(i) + ": /" + std::to_string(i) + deep.substr(2, 60) + "\n";
  }
  CHECK(mapping_trouble(long_ones).starts_with("12:7: more than 64 pointers, or 256 names"));
}
