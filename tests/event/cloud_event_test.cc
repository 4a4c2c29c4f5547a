// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "collect.h"

using namespace tocsin;

namespace {

std::string cloud(const std::string& data, const std::string& fields = "") {
  return R"({"specversion":"1.0","type":"llm.request","id":"c-1","source":"/gateway/1",)" + fields +
         R"("data":)" + data + "}";
}

}  // namespace

TEST_CASE("A CloudEvent is what its data is, with the id and the source of the envelope") {
  const Decoded decoded(cloud(R"({"id":"inner","model":"gpt-4o","usage":{"input":3}})",
                              R"("time":"2026-11-20T10:00:00Z","subject":"customer-7",)"));
  const Event& e = decoded.only();
  CHECK(decoded.decoder.format() == Format::cloudevents);
  CHECK(e.id == "c-1");
  CHECK(e.producer == "/gateway/1");
  CHECK(e.model == "gpt-4o");
  CHECK(e.usage[Unit::input] == 3);
  CHECK(e.time == event_time_ms(1795168800000));
  CHECK(e.user == "customer-7");
}

TEST_CASE("What the data says itself comes before its envelope, but for the id") {
  const Decoded decoded(cloud(R"({"timestamp":1,"user":"u","usage":{"input":3}})",
                              R"("time":"2026-11-20T10:00:00Z","subject":"customer-7",)"));
  CHECK(decoded.only().time == event_time_ms(1000));
  CHECK(decoded.only().user == "u");
}

TEST_CASE("The data may be of any format that is one event") {
  CHECK(
      Decoded(cloud(R"({"id":"l","response_cost":0.5,"hidden_params":{}})")).only().reported_cost ==
      Money::parse("0.5"));
  CHECK(Decoded(cloud(R"({"request_id":"h","prompt_tokens":4})")).only().usage[Unit::input] == 4);
  CHECK(Decoded(cloud(R"({"model":"m","usage":{"prompt_tokens":5}})")).only().usage[Unit::input] ==
        5);
}

TEST_CASE("Data with a `response` that is a text is an event of ours") {
  const Decoded decoded(cloud(R"({"provider":"p","response":"a text","user":"u"})"));
  CHECK(decoded.only().user == "u");
}

TEST_CASE("The data may stand before what tells that it is a CloudEvent") {
  const Decoded decoded(
      R"({"data":{"usage":{"input":3}},"id":"a","source":"s","specversion":"1.0"})");
  CHECK(decoded.only().id == "a");
  CHECK(decoded.only().usage[Unit::input] == 3);
}

TEST_CASE("CloudEvents come in batches, too") {
  CHECK(Decoded("[" + cloud(R"({"usage":{"input":1}})") + "," + cloud(R"({"usage":{"input":2}})") +
                "]")
            .events.size() == 2);
}

TEST_CASE("Data that is no event is set aside with why") {
  for (const std::string& data :
       {std::string("[1]"), std::string("\"text\""), std::string("null"), std::string("{}"),
        cloud("{}"), std::string(R"({"resourceSpans":[]})")}) {
    INFO(data);
    CHECK(Decoded(cloud(data)).only_bad().reason == QuarantineReason::unknown_format);
  }
  CHECK(Decoded(R"({"specversion":"1.0","id":"a","data_base64":"e30="})").only_bad().detail ==
        "data: base64 is not read");
  CHECK(Decoded(R"({"specversion":"1.0","id":"a"})").only_bad().detail == "data: there is none");
  CHECK(Decoded(R"({"specversion":"1.0","id":"a","id":"b","data":{"usage":{"input":1}}})")
            .only_bad()
            .reason == QuarantineReason::duplicate_key);
}
