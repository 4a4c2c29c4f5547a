// SPDX-License-Identifier: Apache-2.0
// Protobuf as no encoder writes it.
#include <catch2/catch.hpp>
#include <limits>
#include <random>
#include <string>

#include "collect.h"
#include "event/protobuf.h"
#include "spans.h"

using namespace tocsin;
using wire::ProtoField;
using wire::ProtoReader;
using wire::WireType;

namespace {

SpansSample sample() {
  SpanSample span;
  span.attributes = {{"gen_ai.operation.name", "chat"},
                     {"gen_ai.request.model", "gpt-4o"},
                     {"gen_ai.usage.input_tokens", 1200},
                     {"gen_ai.usage.cost", 0.25},
                     {"user.id", "\xC3\xA9"}};
  return {{{"service.name", "checkout"}}, {span, span}};
}

// A record of one span that holds these bytes after what makes it a request.
std::string with_span(const std::string& bytes) {
  const std::string span =
      ProtoWriter().bytes(9, proto_of("gen_ai.operation.name", "chat")).raw(bytes).str();
  return ProtoWriter()
      .bytes(1, ProtoWriter().bytes(2, ProtoWriter().bytes(2, span).str()).str())
      .str();
}

bool reads(const std::string& message) {
  ProtoReader reader(message);
  ProtoField field;
  while (reader.next(field)) {
  }
  return !reader.broken();
}

std::string varint(std::uint64_t value) { return ProtoWriter().varint(value).str(); }

}  // namespace

TEST_CASE("Fields of every wire type are walked") {
  const std::string message = ProtoWriter()
                                  .number(1, std::numeric_limits<std::uint64_t>::max())
                                  .fixed64(2, 0x0102030405060708)
                                  .bytes(536870911, "text")
                                  .tag(4, 5)
                                  .raw("\x01\x02\x03\x04")
                                  .str();
  ProtoReader reader(message);
  ProtoField field;
  REQUIRE(reader.next(field));
  CHECK(field.is(1, WireType::varint));
  CHECK(field.value == std::numeric_limits<std::uint64_t>::max());
  REQUIRE(reader.next(field));
  CHECK(field.is(2, WireType::fixed64));
  CHECK(field.value == 0x0102030405060708);
  REQUIRE(reader.next(field));
  CHECK(field.is(536870911, WireType::bytes));
  CHECK(field.bytes == "text");
  REQUIRE(reader.next(field));
  CHECK(field.is(4, WireType::fixed32));
  CHECK(field.value == 0x04030201);
  CHECK_FALSE(reader.next(field));
  CHECK_FALSE(reader.broken());
}

TEST_CASE("What no encoder writes is broken") {
  CHECK(reads(""));
  CHECK(reads("\x08" + std::string(9, '\xFF') + "\x01"));         // 64 bits in ten bytes
  CHECK_FALSE(reads("\x08" + std::string(9, '\xFF') + "\x02"));   // a 65th
  CHECK_FALSE(reads("\x08" + std::string(10, '\x80') + "\x01"));  // an eleventh byte
  CHECK_FALSE(reads("\x08"));                                     // no value
  CHECK_FALSE(reads("\x80"));                                     // half a tag
  CHECK_FALSE(reads(std::string("\x00\x01", 2)));                 // field 0
  CHECK_FALSE(reads("\x09\x01\x02"));                             // 8 bytes cut short
  CHECK_FALSE(reads("\x0D\x01\x02"));                             // 4 bytes cut short
  CHECK_FALSE(
      reads("\x0A\x05"
            "ab"));  // a length beyond the end
  CHECK_FALSE(reads("\x0A" + varint(std::numeric_limits<std::uint64_t>::max())));
  CHECK_FALSE(reads("\x0B\x0C"));                               // a group
  CHECK_FALSE(reads("\x0E"));                                   // wire type 6
  CHECK_FALSE(reads("\x0F"));                                   // wire type 7
  CHECK_FALSE(reads(varint(std::uint64_t{1} << 35) + "\x01"));  // a number of 30 bits and more
}

TEST_CASE("No cut of a request is taken for a whole one or read beyond its end") {
  const std::string whole = sample().proto();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    INFO(size);
    const Decoded decoded(whole.substr(0, size), Format::otlp_proto);
    CHECK(decoded.events.empty());
    CHECK(decoded.only_bad().reason == QuarantineReason::broken_protobuf);
  }
}

TEST_CASE("No change of a few bytes upsets the decoder of spans") {
  const std::string whole = sample().proto();
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string record = whole;
    for (int change = 0; change < 3; ++change) {
      record[random() % record.size()] = static_cast<char>(random());
    }
    const Decoded decoded(record, i % 2 == 0 ? Format::otlp_proto : Format::automatic);
    for (const Quarantined& bad : decoded.bad) REQUIRE(bad.detail.size() <= 120);
    for (const Event& event : decoded.events) REQUIRE(event.usage[Unit::input] >= 0);
  }
}

TEST_CASE("A span that is broken within is set aside alone, with its place") {
  for (const std::string& bytes :
       {std::string("\x4A\x05\x0A\x09"),     // an attribute cut short
        ProtoWriter().number(1, 7).str(),    // a trace id that is a number
        ProtoWriter().number(7, 7).str(),    // a time that is a varint
        ProtoWriter().fixed64(15, 7).str(),  // a status that is none
        ProtoWriter().bytes(9, ProtoWriter().number(1, 1).str()).str(),  // a key that is a number
        ProtoWriter()
            .bytes(9, ProtoWriter().bytes(1, "user.id").bytes(2, "\x0A\x09x").str())
            .str(),  // a value cut short
        ProtoWriter()
            .bytes(9, ProtoWriter().bytes(1, "user.id").bytes(2, "\x1A\x01x").str())
            .str()}) {  // an integer of bytes
    const Decoded decoded(with_span(bytes));
    CHECK(decoded.only_bad().reason == QuarantineReason::broken_protobuf);
  }
}

TEST_CASE("A span whose bytes show no request is passed over, unless it is broken") {
  const std::string span = ProtoWriter().number(7, 7).str();
  const Decoded decoded(
      ProtoWriter()
          .bytes(1, ProtoWriter().bytes(2, ProtoWriter().bytes(2, span).str()).str())
          .str());
  CHECK(decoded.only_bad().reason == QuarantineReason::broken_protobuf);
}

TEST_CASE("Texts of spans that are kept are UTF-8, those that are not kept are not looked at") {
  const auto decoded = [](const std::string& key, const std::string& value) {
    return Decoded(with_span(ProtoWriter().bytes(9, proto_of(key, value)).str()));
  };
  CHECK(decoded("user.id", "\xC3\xA9").only().user == "\xC3\xA9");
  CHECK(decoded("user.id", "\xFF").only_bad().reason == QuarantineReason::invalid_utf8);
  CHECK(decoded("trace.metadata.\xFF", "x").only_bad().reason == QuarantineReason::invalid_utf8);
  CHECK(decoded("gen_ai.prompt", "\xFF").only().user.empty());
  CHECK(decoded("user.id", std::string(300, 'u')).only().user.size() == 256);
}

TEST_CASE("A value nested as deep as a record is long is skipped at once") {
  std::string value = ProtoWriter().bytes(1, "x").str();
  for (int i = 0; i < 2000; ++i) {
    value = ProtoWriter().bytes(5, ProtoWriter().bytes(1, value).str()).str();
  }
  const auto attribute = [&](const char* key) {
    return ProtoWriter().bytes(9, ProtoWriter().bytes(1, key).bytes(2, value).str()).str();
  };
  CHECK(Decoded(with_span(attribute("gen_ai.prompt"))).only().operation == "chat");
  CHECK(Decoded(with_span(attribute("user.id"))).only_bad().reason == QuarantineReason::wrong_type);
}

TEST_CASE("A record of nothing but empty spans is passed over") {
  std::string scope;
  for (int i = 0; i < 400'000; ++i) scope += std::string("\x12\x00", 2);
  const Decoded decoded(ProtoWriter().bytes(1, ProtoWriter().bytes(2, scope).str()).str());
  CHECK(decoded.events.empty());
  CHECK(decoded.bad.empty());
  CHECK(decoded.decoder.counts().spans_passed == 400'000);
}
