// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "event/double_text.h"
#include "event/gen_ai.h"
#include "event/otlp.h"
#include "event/protobuf.h"

namespace tocsin::wire {
namespace {

// Field numbers of opentelemetry-proto's trace service.
namespace field {
constexpr std::uint32_t kResourceSpans = 1;         // of the request
constexpr std::uint32_t kResource = 1;              // of ResourceSpans
constexpr std::uint32_t kScopeSpans = 2;            // of ResourceSpans
constexpr std::uint32_t kLibrarySpans = 1000;       // of ResourceSpans, until 2022
constexpr std::uint32_t kResourceAttributes = 1;    // of Resource
constexpr std::uint32_t kSpans = 2;                 // of ScopeSpans
constexpr std::uint32_t kTraceId = 1, kSpanId = 2;  // of Span
constexpr std::uint32_t kStart = 7, kEnd = 8, kAttributes = 9, kStatus = 15;
constexpr std::uint32_t kStatusCode = 3;       // of Status
constexpr std::uint32_t kKey = 1, kValue = 2;  // of KeyValue
constexpr std::uint32_t kText = 1, kBool = 2, kInt = 3, kDouble = 4, kArray = 5, kList = 6,
                        kBytes = 7;  // of AnyValue
}  // namespace field

constexpr std::uint64_t kStatusError = 2;

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHigh = 0x8080808080808080ULL;
  const char* p = text.data();
  const char* const end = p + text.size();
  for (; end - p >= 8; p += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    if ((word & kHigh) != 0) return false;
  }
  for (; p != end; ++p) {
    if (static_cast<unsigned char>(*p) >= 0x80) return false;
  }
  return true;
}

bool is_spans_of_scope(const ProtoField& part) {
  return part.is(field::kScopeSpans, WireType::bytes) ||
         part.is(field::kLibrarySpans, WireType::bytes);
}

// Walks a message; false if it is broken, or if `on_field` says so.
template <class F>
bool each_proto_field(std::string_view message, const char*& broken_at, F&& on_field) {
  ProtoReader fields(message);
  ProtoField next;
  while (fields.next(next)) {
    if (!on_field(std::as_const(next))) return false;
  }
  if (fields.broken()) broken_at = fields.at();
  return !fields.broken();
}

// The places of all spans, for `on_span`; and of each resource before its spans, wherever it
// stands. Nullptr, or where the lengths are wrong.
template <class Resource, class Span>
const char* walk(std::string_view record, Resource&& on_resource, Span&& on_span) {
  const char* broken = nullptr;
  const auto spans_of = [&](const ProtoField& scope) {
    return !is_spans_of_scope(scope) ||
           each_proto_field(scope.bytes, broken, [&](const ProtoField& span) {
             if (span.is(field::kSpans, WireType::bytes)) on_span(span.bytes);
             return true;
           });
  };
  each_proto_field(record, broken, [&](const ProtoField& of_request) {
    if (!of_request.is(field::kResourceSpans, WireType::bytes)) return true;
    std::string_view resource;
    const bool whole = each_proto_field(of_request.bytes, broken, [&](const ProtoField& part) {
      if (part.is(field::kResource, WireType::bytes)) resource = part.bytes;
      return true;
    });
    if (!whole) return false;
    on_resource(resource);
    return each_proto_field(of_request.bytes, broken, spans_of);
  });
  return broken;
}

class ProtoSpans {
 public:
  ProtoSpans(Reader& reader, Teller& teller) : reader_(reader), teller_(teller), span_(reader) {}

  void resource(std::string_view message);
  void span(std::string_view message);

 private:
  bool attribute(std::string_view message, bool of_resource);
  bool value(std::string_view message, AttributeValue& out);
  bool set(const ProtoField& field, std::uint64_t& start_ns, std::uint64_t& end_ns);
  bool status(std::string_view message);
  // What the bytes are cannot be told to people, only where it is broken.
  void refuse(std::string_view what) {
    reader_.refuse(QuarantineReason::broken_protobuf, "a span", what);
  }

  Reader& reader_;
  Teller& teller_;
  GenAiSpan span_;
  std::string_view trace_id_, span_id_;
  std::array<char, 32> digits_;
};

void ProtoSpans::resource(std::string_view message) {
  span_.begin_resource();
  const char* broken = nullptr;
  // A broken resource says nothing; its spans stand for themselves.
  each_proto_field(message, broken, [&](const ProtoField& part) {
    return !part.is(field::kResourceAttributes, WireType::bytes) || attribute(part.bytes, true);
  });
}

void ProtoSpans::span(std::string_view message) {
  span_.begin();
  trace_id_ = span_id_ = {};
  std::uint64_t start_ns = 0;
  std::uint64_t end_ns = 0;
  const char* broken = nullptr;
  const bool whole = each_proto_field(
      message, broken, [&](const ProtoField& part) { return set(part, start_ns, end_ns); });
  span_.ids(trace_id_, span_id_, true);
  span_.times(start_ns, end_ns);
  if (!whole) refuse("not protobuf");
  if (span_.finish() || !whole) {
    teller_.tell(reader_);
  } else {
    teller_.pass();
  }
}

bool ProtoSpans::set(const ProtoField& part, std::uint64_t& start_ns, std::uint64_t& end_ns) {
  switch (part.number) {
    case field::kTraceId: trace_id_ = part.bytes; return part.type == WireType::bytes;
    case field::kSpanId: span_id_ = part.bytes; return part.type == WireType::bytes;
    case field::kStart: start_ns = part.value; return part.type == WireType::fixed64;
    case field::kEnd: end_ns = part.value; return part.type == WireType::fixed64;
    case field::kAttributes: return part.type == WireType::bytes && attribute(part.bytes, false);
    case field::kStatus: return part.type == WireType::bytes && status(part.bytes);
    default: return true;
  }
}

bool ProtoSpans::status(std::string_view message) {
  const char* broken = nullptr;
  return each_proto_field(message, broken, [&](const ProtoField& part) {
    if (part.is(field::kStatusCode, WireType::varint) && part.value == kStatusError) {
      span_.failed();
    }
    return true;
  });
}

bool ProtoSpans::attribute(std::string_view message, bool of_resource) {
  std::string_view key;
  std::string_view told;
  const char* broken = nullptr;
  const bool whole = each_proto_field(message, broken, [&](const ProtoField& part) {
    if (part.number == field::kKey) key = part.bytes;
    if (part.number == field::kValue) told = part.bytes;
    return part.number > field::kValue || part.type == WireType::bytes;
  });
  if (!whole) return false;
  const AttributeName name = find_attribute(key);
  if (name.attribute == Attribute::none) return true;
  AttributeValue read;
  if (!value(told, read)) return false;
  if (!is_ascii(name.name) && !is_utf8(name.name)) {
    reader_.refuse(QuarantineReason::invalid_utf8, "an attribute", "its name");
  } else if (read.scalar.kind == Kind::text && !is_ascii(read.scalar.text) &&
             !is_utf8(read.scalar.text)) {
    reader_.refuse(QuarantineReason::invalid_utf8, name.name, "not UTF-8");
  } else if (of_resource) {
    span_.resource(name, read);
  } else {
    span_.set(name, read);
  }
  return true;
}

// The last of several counts, as in any protobuf. What is none of them is null.
bool ProtoSpans::value(std::string_view message, AttributeValue& out) {
  const char* broken = nullptr;
  return each_proto_field(message, broken, [&](const ProtoField& part) {
    out = {};
    switch (part.number) {
      case field::kText: out.scalar = {Kind::text, part.bytes}; return part.type == WireType::bytes;
      case field::kBool:
        out.scalar = {Kind::boolean, part.value != 0 ? "true" : "false"};
        return part.type == WireType::varint;
      case field::kInt:
        out.scalar = {Kind::number, {}};
        out.whole = static_cast<std::int64_t>(part.value);
        return part.type == WireType::varint;
      case field::kDouble:
        out.scalar = {Kind::number, reader_.store(double_text(part.value, digits_))};
        return part.type == WireType::fixed64;
      case field::kArray:
      case field::kList:
      case field::kBytes:
        out.scalar = {Kind::container, "a list, a map or bytes"};
        return part.type == WireType::bytes;
      default: return true;
    }
  });
}

}  // namespace

std::optional<std::size_t> otlp_proto_break(std::string_view record) {
  const auto nothing = [](std::string_view) {};
  const char* const broken = walk(record, nothing, nothing);
  if (broken == nullptr) return std::nullopt;
  return static_cast<std::size_t>(broken - record.data());
}

void read_otlp_proto(std::string_view record, Reader& reader, Teller& teller) {
  ProtoSpans spans(reader, teller);
  walk(
      record, [&](std::string_view resource) { spans.resource(resource); },
      [&](std::string_view span) { spans.span(span); });
}

}  // namespace tocsin::wire
