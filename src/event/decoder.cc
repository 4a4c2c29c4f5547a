// SPDX-License-Identifier: Apache-2.0
#include "event/decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "event/helicone.h"
#include "event/native.h"
#include "event/reader.h"

namespace tocsin {

using wire::Reader;

namespace {

constexpr std::size_t kRecordMax = 1024 * 1024;
constexpr std::string_view kBlanks = " \t\r\n";

// Objects one a line: nothing that is one JSON value has a `}` at the end of its first line and a
// `{` after it.
bool is_ndjson(std::string_view record) {
  const std::size_t line = record.find('\n');
  if (line == std::string_view::npos) return false;
  const std::size_t last = record.find_last_not_of(kBlanks, line);
  const std::size_t next = record.find_first_not_of(kBlanks, line);
  return last != std::string_view::npos && next != std::string_view::npos && record[last] == '}' &&
         record[next] == '{';
}

}  // namespace

struct Decoder::State {
  Reader reader;

  void document(std::string_view text, std::size_t element, Format format, Sink& sink);

 private:
  Format sniff();
  bool read(Format format);
  void tell(std::size_t element, Sink& sink);
  void array(std::string_view text, Format format, Sink& sink);
  void broken(std::string_view text, std::size_t element, Sink& sink);
};

namespace {

void quarantine(Decoder::Sink& sink, QuarantineReason reason, std::size_t element,
                std::string detail) {
  sink.quarantined({reason, element, std::move(detail)});
}

// May a JSON value begin with it?
bool begins_value(char c) {
  return c == '"' || c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n';
}

}  // namespace

// What is no JSON is told by read().
Format Decoder::State::sniff() {
  wire::Tokens& tokens = reader.tokens;
  const auto start = tokens.place();
  Format format = Format::automatic;
  for (char before = '{'; tokens.first() == before; before = ',') {
    tokens.pass();
    wire::Name name;
    if (!reader.name(name) || tokens.first() != ':') break;
    const wire::NativeHint hint = wire::native_hint(name);
    if (hint == wire::NativeHint::proof) {
      format = Format::native;
      break;
    }
    if (wire::is_helicone_name(name)) {
      format = Format::helicone;
    } else if (hint == wire::NativeHint::name && format == Format::automatic) {
      format = Format::native;
    }
    tokens.pass();
    reader.pass();
    if (tokens.done()) break;
  }
  tokens.go_to(start);
  return format;
}

bool Decoder::State::read(Format format) {
  reader.begin_event();
  if (format == Format::automatic) format = sniff();
  return format == Format::helicone ? wire::read_helicone(reader) : wire::read_native(reader);
}

void Decoder::State::tell(std::size_t element, Sink& sink) {
  if (reader.refused()) {
    quarantine(sink, reader.reason(), element, reader.detail());
  } else {
    sink.event(reader.event);
  }
}

void Decoder::State::broken(std::string_view text, std::size_t element, Sink& sink) {
  if (!wire::is_utf8(text)) {
    return quarantine(sink, QuarantineReason::invalid_utf8, element, "not UTF-8");
  }
  if (reader.too_deep()) {
    return quarantine(sink, QuarantineReason::broken_json, element, "nested deeper than 32");
  }
  quarantine(sink, QuarantineReason::broken_json, element,
             "not JSON, near byte " + std::to_string(reader.tokens.offset()));
}

// The whole array is known to be JSON before its first event is told: a record is counted by all
// its good elements or, cut short, by none.
void Decoder::State::array(std::string_view text, Format format, Sink& sink) {
  const auto start = reader.tokens.place();
  if (!reader.skip() || !reader.tokens.done()) return broken(text, 0, sink);
  reader.tokens.go_to(start);
  std::size_t element = 0;
  const bool whole = reader.each_item([&] {
    if (reader.tokens.first() == '{') {
      if (!read(format)) return false;
      tell(element, sink);
    } else {
      if (!reader.skip()) return false;
      quarantine(sink, QuarantineReason::unknown_format, element, "not an object");
    }
    ++element;
    return true;
  });
  if (!whole) broken(text, element, sink);
}

void Decoder::State::document(std::string_view text, std::size_t element, Format format,
                              Sink& sink) {
  reader.begin_document();
  const auto found = reader.tokens.find(text);
  if (found == wire::Tokens::Found::no_memory) {
    return quarantine(sink, QuarantineReason::too_large, element, "no memory to read it");
  }
  if (found == wire::Tokens::Found::no_json) return broken(text, element, sink);
  const char first = reader.tokens.first();
  if (first == '[') return array(text, format, sink);
  if (first == '{') {
    if (!read(format) || !reader.tokens.done()) return broken(text, element, sink);
    return tell(element, sink);
  }
  if (!begins_value(first)) return broken(text, element, sink);
  quarantine(sink, QuarantineReason::unknown_format, element,
             "neither an object nor an array of objects");
}

std::string_view name(QuarantineReason reason) {
  switch (reason) {
    case QuarantineReason::empty: return "empty";
    case QuarantineReason::too_large: return "too_large";
    case QuarantineReason::invalid_utf8: return "invalid_utf8";
    case QuarantineReason::broken_json: return "broken_json";
    case QuarantineReason::unknown_format: return "unknown_format";
    case QuarantineReason::wrong_type: return "wrong_type";
    case QuarantineReason::duplicate_key: return "duplicate_key";
    case QuarantineReason::negative_count: return "negative_count";
    case QuarantineReason::absurd_count: return "absurd_count";
    case QuarantineReason::negative_cost: return "negative_cost";
    case QuarantineReason::absurd_cost: return "absurd_cost";
    case QuarantineReason::bad_timestamp: return "bad_timestamp";
  }
  return "";
}

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::~Decoder() = default;

void Decoder::begin_batch() { state_->reader.begin_batch(); }
const DecodeCounts& Decoder::counts() const { return state_->reader.counts; }

void Decoder::decode(std::string_view record, Format format, Sink& sink) {
  constexpr std::size_t kFraming = 5;  // Confluent's: a zero byte, then the schema's id
  if (record.size() > kRecordMax) {
    return quarantine(sink, QuarantineReason::too_large, 0,
                      std::to_string(record.size()) + " bytes, of at most 1048576");
  }
  if (record.size() >= kFraming && record[0] == '\0') {
    const std::size_t start = record.find_first_not_of(kBlanks, kFraming);
    if (start == std::string_view::npos || (record[start] != '{' && record[start] != '[')) {
      return quarantine(sink, QuarantineReason::unknown_format, 0,
                        "a schema id, then no JSON: Avro and Protobuf are not read");
    }
    record.remove_prefix(kFraming);
  }
  if (record.starts_with("\xEF\xBB\xBF")) record.remove_prefix(3);
  if (record.find_first_not_of(kBlanks) == std::string_view::npos) {
    return quarantine(sink, QuarantineReason::empty, 0, "nothing in it");
  }
  if (!is_ndjson(record)) return state_->document(record, 0, format, sink);
  for (std::size_t element = 0; !record.empty(); ++element) {
    const std::size_t line = std::min(record.find('\n'), record.size());
    const std::string_view text = record.substr(0, line);
    record.remove_prefix(std::min(line + 1, record.size()));
    if (text.find_first_not_of(kBlanks) != std::string_view::npos) {
      state_->document(text, element, format, sink);
    }
  }
}

}  // namespace tocsin
