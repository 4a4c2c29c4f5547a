// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"
#include "hash/digest.h"

using namespace tocsin;

namespace {

struct BadRecord {
  const char* name;
  const char* json;
  QuarantineReason reason;
};

const BadRecord kBadRecords[] = {
    {"a negative count", R"({"usage":{"input":-5}})", QuarantineReason::negative_count},
    {"a negative count of an unknown unit", R"({"usage":{"pages":-1}})",
     QuarantineReason::negative_count},
    {"a count over 10^12", R"({"usage":{"input":1000000000001}})", QuarantineReason::absurd_count},
    {"a count beyond 64 bits", R"({"usage":{"input":99999999999999999999999}})",
     QuarantineReason::absurd_count},
    {"a count of 1e400", R"({"usage":{"input":1e400}})", QuarantineReason::absurd_count},
    {"half a token", R"({"usage":{"input":1.5}})", QuarantineReason::absurd_count},
    {"a count in words", R"({"usage":{"input":"many"}})", QuarantineReason::absurd_count},
    {"a count that is no number", R"({"usage":{"input":NaN}})", QuarantineReason::absurd_count},
    {"a count that is true", R"({"usage":{"input":true}})", QuarantineReason::wrong_type},
    {"a count that is an object", R"({"usage":{"details":{"cached":1}}})",
     QuarantineReason::wrong_type},
    {"usage that is a list", R"({"usage":[1]})", QuarantineReason::wrong_type},
    {"a negative cost", R"({"cost_usd":-0.01})", QuarantineReason::negative_cost},
    {"a cost over 10^9 dollars", R"({"cost_usd":1000000000.01})", QuarantineReason::absurd_cost},
    {"a cost of 1e400", R"({"cost_usd":1e400})", QuarantineReason::absurd_cost},
    {"a cost that is NaN", R"({"cost_usd":NaN})", QuarantineReason::absurd_cost},
    {"a cost that is nan in quotes", R"({"cost_usd":"nan"})", QuarantineReason::absurd_cost},
    {"a cost with a dollar sign", R"({"cost_usd":"$1"})", QuarantineReason::absurd_cost},
    {"a cost that is false", R"({"cost_usd":false})", QuarantineReason::wrong_type},
    {"a time without an offset", R"({"timestamp":"2026-11-20T10:00:00"})",
     QuarantineReason::bad_timestamp},
    {"a day that does not exist", R"({"timestamp":"2026-02-30T10:00:00Z"})",
     QuarantineReason::bad_timestamp},
    {"a time before 1970", R"({"timestamp":-1})", QuarantineReason::bad_timestamp},
    {"a time in words", R"({"timestamp":"yesterday"})", QuarantineReason::bad_timestamp},
    {"a time that is true", R"({"timestamp":true})", QuarantineReason::wrong_type},
    {"a user that is an object", R"({"user":{"id":1}})", QuarantineReason::wrong_type},
    {"an id that is a list", R"({"id":[1]})", QuarantineReason::wrong_type},
    {"a status in words", R"({"status":"fine"})", QuarantineReason::wrong_type},
    {"cached that is maybe", R"({"cached":"maybe"})", QuarantineReason::wrong_type},
    {"properties that are a text", R"({"properties":"a=b"})", QuarantineReason::wrong_type},
    {"an object of somebody else's", R"({"hello":"world"})", QuarantineReason::unknown_format},
    {"an empty object", R"({})", QuarantineReason::unknown_format},
    {"a number", "42", QuarantineReason::unknown_format},
    {"a text", "\"usage\"", QuarantineReason::unknown_format},
    {"half a surrogate pair", R"({"user":"\ud800"})", QuarantineReason::broken_json},
    {"an escape that does not exist", R"({"user":"\q"})", QuarantineReason::broken_json},
};

std::string hex_of_whole(const std::string& text) { return hex(sha256(text), 8); }

}  // namespace

TEST_CASE("A native event is read whole") {
  const Decoded decoded(R"({"id":"req_8f2c","timestamp":"2026-11-20T10:00:00.123Z",
    "provider":"openai","model":"gpt-4o-mini","operation":"chat","status":200,"latency_ms":812,
    "cached":false,"usage":{"input":1176,"cache_read":1024,"cache_write":7,"cache_write_1h":8,
    "output":300,"reasoning":120,"input_audio":9,"output_audio":10,"web_search":1,"pages":3},
    "service_tier":"standard","cost_usd":"0.00123","byok":true,"user":"user-123",
    "service":"checkout","team":"payments","key":"checkout-prod","agent":"","tags":["job:nightly"],
    "input_hash":"9f2c6e81","session":{"id":"s-77","name":"Document Analysis","path":"/analyze"},
    "properties":{"Feature":"chat","Environment":"production","Tier":3,"Beta":true,"Gone":null}})");
  const Event& e = decoded.only();
  CHECK(e.id == "req_8f2c");
  CHECK(e.time == event_time_ms(1795168800123));
  CHECK(e.provider == "openai");
  CHECK(e.model == "gpt-4o-mini");
  CHECK(e.operation == "chat");
  CHECK(e.status == 200);
  CHECK(e.latency_ms == 812);
  CHECK_FALSE(e.cached);
  CHECK(e.byok);
  CHECK(e.has_usage);
  CHECK(e.usage.counts == std::array<std::int64_t, kUnits>{1176, 1024, 7, 8, 300, 120, 9, 10, 1});
  REQUIRE(e.usage.others.size() == 1);
  CHECK(e.usage.others[0] == std::pair<std::string_view, std::int64_t>("pages", 3));
  CHECK(e.service_tier == "standard");
  CHECK(e.reported_cost == Money::parse("0.00123"));
  CHECK(e.user == "user-123");
  CHECK(e.service == "checkout");
  CHECK(e.team == "payments");
  CHECK(e.key == "checkout-prod");
  CHECK(e.agent.empty());
  CHECK(e.environment == "production");  // from the property
  CHECK(e.tags == std::vector<std::string_view>{"job:nightly"});
  CHECK(e.input_hash == "9f2c6e81");
  CHECK(e.session == "s-77");
  CHECK(e.session_name == "Document Analysis");
  CHECK(e.session_path == "/analyze");
  REQUIRE(e.properties.size() == 4);
  CHECK(e.properties[0].name == "Feature");
  CHECK(e.properties[2].value == "3");
  CHECK(e.properties[3].value == "true");
}

TEST_CASE("Bad records are set aside, each for its reason") {
  for (const BadRecord& record : kBadRecords) {
    INFO(record.name);
    const Decoded decoded(record.json);
    const Quarantined& bad = decoded.only_bad();
    CHECK(name(bad.reason) == name(record.reason));
    CHECK_FALSE(bad.detail.empty());
    CHECK(bad.detail.size() <= 120);
  }
}

TEST_CASE("Every key of money and identity may stand once, in any case") {
  const char* const twice[] = {
      R"({"id":"a","id":"a"})",
      R"({"ID":"a","id":"b"})",
      R"({"timestamp":1,"Timestamp":1})",
      R"({"provider":"a","provider":"b"})",
      R"({"model":"a","m\u006fdel":"b"})",
      R"({"usage":{},"usage":{"input":1}})",
      R"({"usage":{"input":1,"Input":2}})",
      R"({"usage":{"pages":0,"PAGES":2}})",
      R"({"cost_usd":1,"cost_usd":null})",
      R"({"cached":true,"cached":false})",
      R"({"status":200,"status":500})",
      R"({"user":null,"user":"a"})",
  };
  for (const char* json : twice) {
    INFO(json);
    CHECK(Decoded(json).only_bad().reason == QuarantineReason::duplicate_key);
  }
}

TEST_CASE("Of other keys and of properties the first counts") {
  const Decoded decoded(
      R"({"id":"a","team":"x","Team":"y","properties":{"Feature":"one","feature":"two"}})");
  CHECK(decoded.only().team == "x");
  REQUIRE(decoded.only().properties.size() == 1);
  CHECK(decoded.only().properties[0].value == "one");
}

TEST_CASE("Names are read in any case, and what is unknown is passed over") {
  const Decoded decoded(
      R"({"prompt":{"id":[1,{"usage":"x"}]},"ID":"a","USAGE":{"OUTPUT":2},"Cost_USD":1,"x":[[],{}]})");
  CHECK(decoded.only().id == "a");
  CHECK(decoded.only().usage[Unit::output] == 2);
  CHECK(decoded.only().reported_cost == Money::usd(1));
}

TEST_CASE("Blanks between tokens say nothing") {
  const Decoded decoded(
      " \r\n{ \"id\" :\t\"a\" ,\"usage\": { \"input\" : 12 \n, \"output\":3\r} , \"tags\" : [ "
      "\"t\" , 1 ] , "
      "\"x\":[ ],\"properties\":{ }\n}  \t");
  CHECK(decoded.only().id == "a");
  CHECK(decoded.only().usage[Unit::input] == 12);
  CHECK(decoded.only().usage[Unit::output] == 3);
  CHECK(decoded.only().tags == std::vector<std::string_view>{"t", "1"});
}

TEST_CASE("Numbers may come as text, and texts as numbers") {
  const Decoded decoded(
      R"({"id":17,"user":4.50,"status":"429","latency_ms":"12.7","cached":"True","usage":{"input":"10","output":2e1}})");
  const Event& e = decoded.only();
  CHECK(e.id == "17");
  CHECK(e.user == "4.50");
  CHECK(e.status == 429);
  CHECK(e.latency_ms == 13);
  CHECK(e.cached);
  CHECK(e.usage[Unit::input] == 10);
  CHECK(e.usage[Unit::output] == 20);
}

TEST_CASE("Neither usage nor cost is unmetered; nulls and an empty usage are none") {
  for (const char* json : {R"({"id":"a"})", R"({"id":"a","usage":null,"cost_usd":null})",
                           R"({"id":"a","usage":{}})", R"({"id":"a","usage":{"input":null}})"}) {
    INFO(json);
    const Decoded decoded(json);
    CHECK_FALSE(decoded.only().has_usage);
    CHECK_FALSE(decoded.only().reported_cost);
  }
  CHECK(Decoded(R"({"id":"a","usage":{"input":0}})").only().has_usage);
}

TEST_CASE("Escapes are resolved, and plain texts point into the record") {
  const std::string record = R"({"id":"plain","user":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"})";
  Decoder decoder;
  Collect told;
  decoder.begin_batch();
  decoder.decode(record, Format::native, told);
  REQUIRE(told.events.size() == 1);
  CHECK(told.events[0].user == "a\"\\/\b\f\n\r\t\xC3\xA9\xF0\x9F\x98\x80");
  CHECK(told.events[0].id.data() == record.data() + 7);
}

TEST_CASE("Long values keep 240 bytes and a hash of the whole, and split no character") {
  const std::string fits(256, 'x');
  const std::string one = std::string(238, 'a') + "\xF0\x9F\x98\x80" + std::string(100, 'b');
  const std::string two = one + "c";
  const Decoded decoded(R"({"user":")" + one + R"(","team":")" + two + R"(","key":")" + fits +
                        R"("})");
  const Event& e = decoded.only();
  CHECK(e.user == std::string(238, 'a') + hex_of_whole(one));
  CHECK(e.user != e.team);
  CHECK(e.key == fits);
  CHECK(decoded.decoder.counts().values_cut == 2);
}

TEST_CASE("At most 64 properties are kept, the rest is counted") {
  std::string record = R"({"id":"a","properties":{"object":{"prompt":"secret"})";
  for (int i = 0; i < 70; ++i) record += ",\"p" + std::to_string(i) + "\":1";
  const Decoded decoded(record + "}}");
  CHECK(decoded.only().properties.size() == 64);
  CHECK(decoded.decoder.counts().properties_dropped == 7);
}

TEST_CASE("What was read before does not change how properties are read") {
  const std::string long_name(300, 'n');
  const std::vector<std::string> all = {
      R"({"id":"1","properties":{"Team":"a","Region":"b","Feature":"c"}})",
      R"({"id":"2","properties":{"Region":"a","Team":"b"}})",
      R"({"id":"3","properties":{"Team":"a","Team":"b","Region":"c","region":"d"}})",
      R"({"id":"4","properties":{"Region":"a","Region":"b","Feature":"c","TEAM":"d"}})",
      R"({"id":"5","properties":{"Team":null,"Region":{"x":1},"Feature":"a","Region":"b"}})",
      R"({"id":"6","properties":{"A longer name than words hold":"a","A longer name THAN words hold":"b"}})",
      R"({"id":"7","properties":{"A longer name that words hold":"a","A longer name than words hold":"b"}})",
      R"({"id":"8","properties":{")" + long_name + R"(":"a",")" + long_name + R"(":"b"}})",
      R"({"id":"9"})",
  };
  for (const auto& before : all) {
    for (const auto& between : all) {
      for (const auto& record : all) {
        CAPTURE(before, between, record);
        Decoder decoder;
        Collect read, fresh;
        decoder.decode(before, Format::native, read);
        decoder.decode(between, Format::native, read);
        decoder.decode(record, Format::native, read);
        Decoder other;
        other.decode(record, Format::native, fresh);
        const Event& one = read.events.at(2);
        const Event& same = fresh.events.at(0);
        CHECK(one.team == same.team);
        REQUIRE(one.properties.size() == same.properties.size());
        for (std::size_t i = 0; i < one.properties.size(); ++i) {
          CHECK(one.properties[i].name == same.properties[i].name);
          CHECK(one.properties[i].value == same.properties[i].value);
        }
      }
    }
  }
}

TEST_CASE("A session may be an object, a text or a number") {
  CHECK(Decoded(R"({"session":"s-1"})").only().session == "s-1");
  CHECK(Decoded(R"({"session":7})").only().session == "7");
  CHECK(Decoded(R"({"session":{"path":"/a"}})").only().session_path == "/a");
}

TEST_CASE("A record may hold an array; a bad element is set aside alone") {
  const Decoded decoded(R"([{"id":"a"},{"usage":{"input":-1}},7,{"id":"b"}])");
  REQUIRE(decoded.events.size() == 2);
  CHECK(decoded.events[1].id == "b");
  REQUIRE(decoded.bad.size() == 2);
  CHECK(decoded.bad[0].element == 1);
  CHECK(decoded.bad[1].element == 2);
  CHECK(Decoded("[]").events.empty());
}

TEST_CASE("An array that ends too soon counts by none of its elements") {
  CHECK(Decoded(R"([{"id":"a"},{"id":"b"])").only_bad().reason == QuarantineReason::broken_json);
  CHECK(Decoded(R"([{"id":"a"},{"id":"b")").only_bad().reason == QuarantineReason::broken_json);
}

TEST_CASE("A record may hold objects one a line; a bad line is set aside alone") {
  const Decoded decoded("{\"id\":\"a\"}\r\n\n{\"id\":\n{\"id\":\"c\"}\n");
  REQUIRE(decoded.events.size() == 2);
  CHECK(decoded.events[1].id == "c");
  REQUIRE(decoded.bad.size() == 1);
  CHECK(decoded.bad[0].element == 2);
}

TEST_CASE("A schema id before JSON is passed over, and other binary is named") {
  const std::string framed = std::string("\0\0\0\0\x2A", 5) + R"({"id":"a"})";
  CHECK(Decoded(framed).only().id == "a");
  CHECK(Decoded(std::string("\0\0\0\0\x2A\x08gpt-4o", 12)).only_bad().reason ==
        QuarantineReason::unknown_format);
}

TEST_CASE("A decoder's texts outlive its later records until the next batch") {
  Decoder decoder;
  Collect told;
  decoder.begin_batch();
  const std::string one = R"({"id":"a","user":"x\ny"})";
  const std::string two = R"({"id":"b","user":"p\nq","team":"t"})";
  decoder.decode(one, Format::native, told);
  decoder.decode(two, Format::native, told);
  REQUIRE(told.events.size() == 2);
  CHECK(told.events[0].id == "a");
  CHECK(told.events[0].user == "x\ny");
  CHECK(told.events[1].user == "p\nq");
}
