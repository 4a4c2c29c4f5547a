// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tocsin {

// Bytes of protobuf, field by field, with none of the code that reads them.
class ProtoWriter {
 public:
  ProtoWriter& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
    return *this;
  }
  ProtoWriter& tag(std::uint32_t number, unsigned type) {
    return varint(std::uint64_t{number} << 3 | type);
  }
  ProtoWriter& number(std::uint32_t field, std::uint64_t value) {
    return tag(field, 0).varint(value);
  }
  ProtoWriter& fixed64(std::uint32_t field, std::uint64_t value) {
    tag(field, 1);
    for (int i = 0; i < 8; ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
    return *this;
  }
  ProtoWriter& bytes(std::uint32_t field, std::string_view value) {
    tag(field, 2).varint(value.size());
    out_ += value;
    return *this;
  }
  ProtoWriter& raw(std::string_view value) {
    out_ += value;
    return *this;
  }
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

// A span, and a request of spans, to be written in either of OTLP's encodings.
struct SpanSample {
  using Value = std::variant<std::string, std::int64_t, double, bool>;
  using Attributes = std::vector<std::pair<std::string, Value>>;

  std::string trace = "5b8efff798038103d269b633813fc60c";
  std::string id = "eee19b7ec3c1b174";
  std::uint64_t start = 1763700000000000000;
  std::uint64_t end = 1763700001794000000;
  Attributes attributes;
  int status = 0;
};

struct SpansSample {
  SpanSample::Attributes resource;
  std::vector<SpanSample> spans;

  std::string proto() const;
  std::string json() const;
};

inline std::string unhex(std::string_view digits) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1])));
  }
  return bytes;
}

inline std::string proto_of(const std::string& key, const SpanSample::Value& value) {
  ProtoWriter any;
  if (const auto* text = std::get_if<std::string>(&value)) any.bytes(1, *text);
  if (const auto* flag = std::get_if<bool>(&value)) any.number(2, *flag ? 1 : 0);
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    any.number(3, static_cast<std::uint64_t>(*whole));
  }
  if (const auto* real = std::get_if<double>(&value)) {
    any.fixed64(4, std::bit_cast<std::uint64_t>(*real));
  }
  return ProtoWriter().bytes(1, key).bytes(2, any.str()).str();
}

inline std::string json_of(const std::string& key, const SpanSample::Value& value) {
  std::string any;
  if (const auto* text = std::get_if<std::string>(&value)) {
    any = R"("stringValue":")" + *text + '"';
  }
  if (const auto* flag = std::get_if<bool>(&value)) {
    any = std::string(R"("boolValue":)") + (*flag ? "true" : "false");
  }
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    any = R"("intValue":")" + std::to_string(*whole) + '"';
  }
  if (const auto* real = std::get_if<double>(&value)) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), *real);
    any = R"("doubleValue":)" + std::string(digits.data(), end.ptr);
  }
  return R"({"key":")" + key + R"(","value":{)" + any + "}}";
}

inline std::string SpansSample::proto() const {
  ProtoWriter scope;
  scope.bytes(1, ProtoWriter().bytes(1, "opentelemetry.instrumentation.openai_v2").str());
  for (const SpanSample& span : spans) {
    ProtoWriter one;
    one.bytes(1, unhex(span.trace)).bytes(2, unhex(span.id)).bytes(5, "chat").number(6, 3);
    one.fixed64(7, span.start).fixed64(8, span.end);
    for (const auto& [key, value] : span.attributes) one.bytes(9, proto_of(key, value));
    if (span.status != 0) {
      one.bytes(15, ProtoWriter().number(3, static_cast<std::uint64_t>(span.status)).str());
    }
    scope.bytes(2, one.str());
  }
  ProtoWriter attributes;
  for (const auto& [key, value] : resource) attributes.bytes(1, proto_of(key, value));
  return ProtoWriter()
      .bytes(1, ProtoWriter().bytes(1, attributes.str()).bytes(2, scope.str()).str())
      .str();
}

inline std::string SpansSample::json() const {
  const auto list = [](const SpanSample::Attributes& all) {
    std::string out;
    for (const auto& [key, value] : all) out += (out.empty() ? "" : ",") + json_of(key, value);
    return "[" + out + "]";
  };
  std::string all;
  for (const SpanSample& span : spans) {
    all += (all.empty() ? "" : ",") + (R"({"traceId":")" + span.trace) + R"(","spanId":")" +
           span.id + R"(","name":"chat","kind":3,"startTimeUnixNano":")" +
           std::to_string(span.start) + R"(","endTimeUnixNano":")" + std::to_string(span.end) +
           R"(","attributes":)" + list(span.attributes) + R"(,"status":{"code":)" +
           std::to_string(span.status) + "}}";
  }
  return R"({"resourceSpans":[{"resource":{"attributes":)" + list(resource) +
         R"(},"scopeSpans":[{"scope":{"name":"x"},"spans":[)" + all + "]}]}]}";
}

}  // namespace tocsin
