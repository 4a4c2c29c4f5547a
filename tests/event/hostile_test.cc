// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "collect.h"

using namespace tocsin;

namespace {

const std::string kGood =
    R"({"id":"req","timestamp":1795168800.5,"provider":"openai","model":"gpt-4o","usage":{"input":1,"output":2},"cost_usd":"0.1","user":"\u00e9\n","tags":["a"],"session":{"id":"s"},"properties":{"A":"b","C":1.5}})";

std::string nested(int depth) {
  return R"({"id":"a","x":)" + std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']') + "}";
}

}  // namespace

TEST_CASE("Nothing, blanks and a byte order mark alone are empty") {
  for (const std::string& record :
       {std::string(), std::string(" \n\t"), std::string("\xEF\xBB\xBF")}) {
    CHECK(Decoded(record).only_bad().reason == QuarantineReason::empty);
  }
  CHECK(Decoded("\xEF\xBB\xBF" + kGood).only().id == "req");
}

TEST_CASE("A record of 1 MiB is read, one byte more is too large") {
  std::string record = R"({"id":"a","prompt":")";
  record += std::string(1024 * 1024 - record.size() - 2, 'x') + "\"}";
  CHECK(Decoded(record).only().id == "a");
  CHECK(Decoded(record + " ").only_bad().reason == QuarantineReason::too_large);
}

TEST_CASE("Nesting of 32 is read, of 33 not") {
  CHECK(Decoded(nested(31)).only().id == "a");
  CHECK(Decoded(nested(32)).only_bad().reason == QuarantineReason::broken_json);
  CHECK(Decoded(nested(200'000)).only_bad().reason == QuarantineReason::broken_json);
  CHECK(Decoded(std::string(500'000, '[')).only_bad().reason == QuarantineReason::broken_json);
}

TEST_CASE("Bytes that are no UTF-8 are found anywhere in the record") {
  for (const char* bytes : {"\xFF", "\xC3", "\xED\xA0\x80", "\xC0\x80", "\xF5\x80\x80\x80"}) {
    const std::string record = std::string(R"({"id":"a","prompt":")") + bytes + "\"}";
    CHECK(Decoded(record).only_bad().reason == QuarantineReason::invalid_utf8);
  }
}

TEST_CASE("What is no JSON is told as that, wherever it is") {
  for (const char* json : {R"({"id":"a")",
                           R"({"id":"a"]})",
                           R"({"id":"a"}})",
                           R"({"id":"a"} {"id":"b"})",
                           R"({"id":"a",})",
                           R"({"id" "a"})",
                           R"({"id":"a" "user":"b"})",
                           R"({"x":[1,2},"id":"a"})",
                           R"({"x":nul,"id":"a"})",
                           R"({"id":"a","x":"y":,"z":"w"})",
                           R"({"x":01,"id":"a"})",
                           R"({"x":+1,"id":"a"})",
                           R"({"usage":{"input":01}})",
                           R"({"usage":{"input":1x}})",
                           R"({"x":1"y","id":"a"})",
                           R"({"x":"y"1,"id":"a"})",
                           "{\"x\":1\v,\"id\":\"a\"}",
                           R"({"id":"a"},)",
                           R"([{"id":"a"}]])",
                           R"({"id":"a","x":[{"y":1}}])",
                           R"({"x":truefalse,"id":"a"})",
                           "{\"id\":\"a\nb\"}",
                           R"({id:"a"})",
                           R"({'id':'a'})",
                           R"([{"id":"a"},])",
                           R"({"id":"a)",
                           R"({"id":"a","x":{"y":1)",
                           "{",
                           "[",
                           "\""}) {
    INFO(json);
    CHECK(Decoded(json).only_bad().reason == QuarantineReason::broken_json);
  }
}

TEST_CASE("No cut of a record is taken for a whole one or read beyond its end") {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    INFO(size);
    CHECK(Decoded(kGood.substr(0, size)).events.empty());
  }
}

TEST_CASE("No change of a few bytes upsets the decoder") {
  std::mt19937 random(7);
  const std::string bytes = "\"\\{}[],:0-9eE.nulltruefalse\xC3\xA9\x01\x00 ";
  for (int i = 0; i < 20'000; ++i) {
    std::string record = kGood;
    for (int change = 0; change < 3; ++change) {
      record[random() % record.size()] = bytes[random() % bytes.size()];
    }
    const Decoded decoded(record);
    REQUIRE(decoded.events.size() + decoded.bad.size() >= 1);
    for (const Quarantined& bad : decoded.bad) REQUIRE(bad.detail.size() <= 120);
  }
}

TEST_CASE("What people are told of a bad record is short, printable and no prompt") {
  const std::string prompt(500, 'p');
  const Decoded decoded(R"({"timestamp":"\u0007)" + prompt + R"(","prompt":"tell me"})");
  const std::string& detail = decoded.only_bad().detail;
  CHECK(detail.size() <= 120);
  CHECK(detail.find('\a') == std::string::npos);
  CHECK(detail.find(std::string(41, 'p')) == std::string::npos);
  CHECK(detail.find("timestamp") != std::string::npos);
}

TEST_CASE("Names made of escapes do not wear out the decoder") {
  std::string record = R"([{"id":"a")";
  for (int i = 0; i < 3000; ++i) record += ",\"\\n" + std::string(250, 'k') + "\":1";
  const Decoded decoded(record + "}]");
  CHECK(decoded.only().id == "a");
}

TEST_CASE("Of names over 256 bytes none becomes another") {
  const std::string long_name(300, 'u');
  const Decoded units(R"({"usage":{")" + long_name + R"(a":2,")" + long_name + R"(b":3}})");
  REQUIRE(units.only().usage.others.size() == 2);
  CHECK(units.only().usage.others[0].first != units.only().usage.others[1].first);
  const Decoded properties(R"({"id":"a","properties":{"\n)" + long_name + R"(a":2,"\n)" +
                           long_name + R"(b":3}})");
  CHECK(properties.only().properties.size() == 2);
}
