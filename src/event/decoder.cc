// SPDX-License-Identifier: Apache-2.0
#include "event/decoder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "event/cloud_event.h"
#include "event/detect.h"
#include "event/helicone.h"
#include "event/litellm.h"
#include "event/mapped.h"
#include "event/native.h"
#include "event/otlp.h"
#include "event/reader.h"
#include "event/response.h"
#include "event/shipped.h"
#include "event/teller.h"

namespace tocsin {

using wire::Reader;
using wire::Teller;

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
  Format format = Format::automatic;  // of the last event
  const Mapping* mapping = nullptr;   // of the record, if its source has one

  void document(std::string_view text, std::size_t element, Format wanted, Sink& sink);
  bool is_spans(std::string_view record);
  void spans(std::string_view record, Sink& sink);

 private:
  bool object(Format wanted, Teller& teller);
  // A record is told only when the whole of it is known to be JSON.
  bool told(const Reader::Mark& start, Teller& teller) {
    if (start.depth == 0 && !reader.tokens.done()) return false;
    teller.tell(reader);
    return true;
  }
  void array(std::string_view text, Format wanted, Sink& sink);
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

// The readers of one object that is one event, all alike: from the reader's tokens to its event.
bool read_as(Format format, Reader& reader) {
  if (format == Format::helicone) return wire::read_helicone(reader);
  if (format == Format::litellm) return wire::read_litellm(reader);
  if (format == Format::response) return wire::read_response(reader);
  if (format == Format::cloudevents) return wire::read_cloud_event(reader, read_as);
  if (is_shipped(format)) return wire::read_mapped(reader, shipped_mapping(format));
  return wire::read_native(reader);
}

}  // namespace

// Tells what the object at the tokens holds. What nobody names the format of is read as native, and
// with a name of Helicone's as Helicone's, until it shows that it is not. False: it is no JSON, and
// nothing of it was told.
bool Decoder::State::object(Format wanted, Teller& teller) {
  const Reader::Mark start = reader.mark();
  format = wanted;
  if (wanted == Format::automatic) {
    const DecodeCounts counts = reader.counts;
    wire::Foreign foreign = wire::Foreign::no;
    do {
      reader.begin_event();
      reader.guessing = true;
      format = foreign == wire::Foreign::no ? Format::native : Format::helicone;
      if (read_as(format, reader)) return told(start, teller);
      foreign = reader.foreign;
      if (foreign == wire::Foreign::no) return false;
      reader.counts = counts;
      reader.go_to(start);
    } while (foreign == wire::Foreign::helicone);
    format = wire::detect(reader);
  }
  if (format == Format::otlp_json) return wire::read_otlp_json(reader, teller);
  if (format == Format::mapping && mapping->has_each) {
    return wire::tell_mapped_items(reader, *mapping, start.depth == 0, teller);
  }
  reader.begin_event();
  const bool read =
      format == Format::mapping ? wire::read_mapped(reader, *mapping) : read_as(format, reader);
  return read && told(start, teller);
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
void Decoder::State::array(std::string_view text, Format wanted, Sink& sink) {
  const Reader::Mark start = reader.mark();
  if (!reader.skip() || !reader.tokens.done()) return broken(text, 0, sink);
  reader.go_to(start);
  std::size_t element = 0;
  const bool whole = reader.each_item([&] {
    if (reader.tokens.first() == '{') {
      Teller teller(sink, element);
      if (!object(wanted, teller)) return false;
    } else {
      if (!reader.skip()) return false;
      quarantine(sink, QuarantineReason::unknown_format, element, "not an object");
    }
    ++element;
    return true;
  });
  if (!whole) broken(text, element, sink);
}

void Decoder::State::document(std::string_view text, std::size_t element, Format wanted,
                              Sink& sink) {
  format = wanted;
  reader.begin_document();
  const auto found = reader.tokens.find(text);
  if (found == wire::Tokens::Found::no_memory) {
    return quarantine(sink, QuarantineReason::too_large, element, "no memory to read it");
  }
  if (found == wire::Tokens::Found::no_json) return broken(text, element, sink);
  const char first = reader.tokens.first();
  if (first == '[') return array(text, wanted, sink);
  if (first == '{') {
    Teller teller(sink, element);
    if (!object(wanted, teller)) broken(text, element, sink);
    return;
  }
  if (!begins_value(first)) return broken(text, element, sink);
  quarantine(sink, QuarantineReason::unknown_format, element,
             "neither an object nor an array of objects");
}

// A text that begins with a line feed may have the lengths of spans by chance; spans are never
// JSON.
bool Decoder::State::is_spans(std::string_view record) {
  constexpr char kFirstTag = '\n';  // of the first resource's spans
  if (record[0] != kFirstTag || wire::otlp_proto_break(record)) return false;
  const std::size_t first = record.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return false;
  const char opens = record[first];
  const char closes = record[record.find_last_not_of(kBlanks)];
  if ((opens != '{' && opens != '[') || (closes != '}' && closes != ']')) return true;
  reader.begin_document();
  return reader.tokens.find(record) != wire::Tokens::Found::tokens || !reader.skip() ||
         !reader.tokens.done();
}

void Decoder::State::spans(std::string_view record, Sink& sink) {
  format = Format::otlp_proto;
  if (const auto at = wire::otlp_proto_break(record)) {
    return quarantine(sink, QuarantineReason::broken_protobuf, 0,
                      "not protobuf, near byte " + std::to_string(*at));
  }
  Teller teller(sink, 0);
  wire::read_otlp_proto(record, reader, teller);
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
    case QuarantineReason::broken_protobuf: return "broken_protobuf";
  }
  return "";
}

Decoder::Decoder(std::optional<std::uint64_t> input_key) : state_(std::make_unique<State>()) {
  state_->reader.input_key = input_key;
}
Decoder::~Decoder() = default;

Format Decoder::format() const { return state_->format; }
void Decoder::begin_batch() { state_->reader.begin_batch(); }
const DecodeCounts& Decoder::counts() const { return state_->reader.counts; }

void Decoder::decode(const Record& record, const RecordFormat& as, Sink& sink) {
  state_->reader.record = &record;
  decode(record.value, as, sink);
  state_->reader.record = nullptr;
}

void Decoder::decode(std::string_view record, const RecordFormat& as, Sink& sink) {
  const Format wanted = as.format;
  state_->format = wanted;
  state_->mapping = as.mapping.get();
  constexpr std::size_t kFraming = 5;  // Confluent's: a zero byte, then the schema's id
  if (record.size() > kRecordMax) {
    return quarantine(sink, QuarantineReason::too_large, 0,
                      std::to_string(record.size()) + " bytes, of at most 1048576");
  }
  if (wanted == Format::otlp_proto && !record.empty()) return state_->spans(record, sink);
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
  if (wanted == Format::automatic && state_->is_spans(record)) return state_->spans(record, sink);
  if (!is_ndjson(record)) return state_->document(record, 0, wanted, sink);
  for (std::size_t element = 0; !record.empty(); ++element) {
    const std::size_t line = std::min(record.find('\n'), record.size());
    const std::string_view text = record.substr(0, line);
    record.remove_prefix(std::min(line + 1, record.size()));
    if (text.find_first_not_of(kBlanks) != std::string_view::npos) {
      state_->document(text, element, wanted, sink);
    }
  }
}

}  // namespace tocsin
