// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "event/gen_ai.h"
#include "event/name_table.h"
#include "event/otlp.h"

namespace tocsin::wire {
namespace {

enum class OtlpField : std::uint8_t {
  none,
  resource_spans,
  resource,
  scope_spans,
  spans,
  trace_id,
  span_id,
  start,
  end,
  attributes,
  status,
};
// Every name has one meaning, on whatever level it stands. The second of scopeSpans is that of
// 2022.
constexpr NameTable<OtlpField> kOtlpNames = {
    {"resourcespans", OtlpField::resource_spans},
    {"resource", OtlpField::resource},
    {"scopespans", OtlpField::scope_spans},
    {"instrumentationlibraryspans", OtlpField::scope_spans},
    {"spans", OtlpField::spans},
    {"traceid", OtlpField::trace_id},
    {"spanid", OtlpField::span_id},
    {"starttimeunixnano", OtlpField::start},
    {"endtimeunixnano", OtlpField::end},
    {"attributes", OtlpField::attributes},
    {"status", OtlpField::status}};

enum class ValueKind : std::uint8_t { none, scalar, other };
constexpr NameTable<ValueKind> kValueKinds = {
    {"stringvalue", ValueKind::scalar}, {"intvalue", ValueKind::scalar},
    {"doublevalue", ValueKind::scalar}, {"boolvalue", ValueKind::scalar},
    {"arrayvalue", ValueKind::other},   {"kvlistvalue", ValueKind::other},
    {"bytesvalue", ValueKind::other}};

class JsonSpans {
 public:
  JsonSpans(Reader& reader, Teller& teller) : reader_(reader), teller_(teller), span_(reader) {}

  bool resource_spans();

 private:
  bool resource();
  bool spans_of_scope();
  bool span();
  bool attributes(bool of_resource);
  bool attribute(bool of_resource);
  bool value(AttributeValue& out);
  bool status();
  bool nanoseconds(std::string_view name, std::uint64_t& out);

  Reader& reader_;
  Teller& teller_;
  GenAiSpan span_;
};

// A resource that stands behind its spans is looked for before they are read.
bool JsonSpans::resource_spans() {
  span_.begin_resource();
  if (reader_.tokens.first() != '{') return reader_.skip();
  const Reader::Mark start = reader_.mark();
  const bool found = reader_.each_field([&](const Name& name) {
    return kOtlpNames.find(name) == OtlpField::resource ? resource() : reader_.skip();
  });
  if (!found) return false;
  reader_.go_to(start);
  return reader_.each_field([&](const Name& name) {
    if (kOtlpNames.find(name) != OtlpField::scope_spans) return reader_.skip();
    return reader_.each_item_if_array([this] { return spans_of_scope(); });
  });
}

bool JsonSpans::resource() {
  return reader_.each_field_if_object([this](const Name& name) {
    return kOtlpNames.find(name) == OtlpField::attributes ? attributes(true) : reader_.skip();
  });
}

bool JsonSpans::spans_of_scope() {
  return reader_.each_field_if_object([this](const Name& name) {
    if (kOtlpNames.find(name) != OtlpField::spans) return reader_.skip();
    return reader_.each_item_if_array([this] { return span(); });
  });
}

bool JsonSpans::span() {
  span_.begin();
  std::string_view trace;
  std::string_view own;
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  const bool read = reader_.each_field_if_object([&](const Name& name) {
    const OtlpField field = kOtlpNames.find(name);
    if (field == OtlpField::trace_id) return reader_.text(name.text, trace);
    if (field == OtlpField::span_id) return reader_.text(name.text, own);
    if (field == OtlpField::start) return nanoseconds(name.text, start);
    if (field == OtlpField::end) return nanoseconds(name.text, end);
    if (field == OtlpField::attributes) return attributes(false);
    return field == OtlpField::status ? status() : reader_.skip();
  });
  if (!read) return false;
  span_.ids(trace, own, false);
  span_.times(start, end);
  if (span_.finish()) {
    teller_.tell(reader_);
  } else {
    teller_.pass();
  }
  return true;
}

// A number or, as the encoding has it for 64 bits, a decimal text.
bool JsonSpans::nanoseconds(std::string_view name, std::uint64_t& out) {
  Scalar read;
  if (!reader_.scalar(read)) return false;
  if (read.kind == Kind::null) return true;
  constexpr std::size_t kDigits = 19;  // until the year 2286
  std::uint64_t value = 0;
  for (const char c : read.text) {
    if (!is_digit(c)) value = 0;
    if (!is_digit(c) || read.text.size() > kDigits) {
      reader_.refuse(QuarantineReason::bad_timestamp, name, read.text);
      return true;
    }
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out = value;
  return true;
}

bool JsonSpans::attributes(bool of_resource) {
  return reader_.each_item_if_array([&] { return attribute(of_resource); });
}

bool JsonSpans::attribute(bool of_resource) {
  AttributeName name;
  AttributeValue told;
  bool keyed = false;
  Reader::Mark early;  // of a value before its key
  const auto known_value = [&] {
    return name.attribute == Attribute::none ? reader_.skip() : value(told);
  };
  const bool read = reader_.each_field_if_object([&](const Name& part) {
    if (same_name(part.text, "key")) {
      std::string_view key;
      keyed = true;
      if (!reader_.text("key", key)) return false;
      name = find_attribute(key);
      return true;
    }
    if (!same_name(part.text, "value")) return reader_.skip();
    if (keyed) return known_value();
    early = reader_.mark();
    return reader_.skip();
  });
  if (!read) return false;
  if (early.place != nullptr && name.attribute != Attribute::none) {
    const Reader::Mark behind = reader_.mark();
    reader_.go_to(early);
    if (!value(told)) return false;
    reader_.go_to(behind);
  }
  if (of_resource) {
    span_.resource(name, told);
  } else {
    span_.set(name, told);
  }
  return true;
}

bool JsonSpans::value(AttributeValue& out) {
  return reader_.each_field_if_object([&](const Name& name) {
    const ValueKind kind = kValueKinds.find(name);
    if (kind == ValueKind::scalar) return reader_.scalar(out.scalar);
    if (kind == ValueKind::other) out.scalar = {Kind::container, "a list, a map or bytes"};
    return reader_.skip();
  });
}

bool JsonSpans::status() {
  return reader_.each_field_if_object([this](const Name& name) {
    if (!same_name(name.text, "code")) return reader_.skip();
    std::string_view code;
    if (!reader_.text(name.text, code)) return false;
    if (code == "2" || code == "STATUS_CODE_ERROR") span_.failed();
    return true;
  });
}

}  // namespace

bool read_otlp_json(Reader& reader, Teller& teller) {
  const Reader::Mark start = reader.mark();
  if (!reader.skip() || (start.depth == 0 && !reader.tokens.done())) return false;
  reader.go_to(start);
  JsonSpans spans(reader, teller);
  return reader.each_field([&](const Name& name) {
    if (kOtlpNames.find(name) != OtlpField::resource_spans) return reader.skip();
    return reader.each_item_if_array([&] { return spans.resource_spans(); });
  });
}

}  // namespace tocsin::wire
