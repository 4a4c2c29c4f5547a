// SPDX-License-Identifier: Apache-2.0
#include "event/decoder.h"

#include <simdjson.h>

#include <cstring>
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
  simdjson::ondemand::parser parser;
  std::unique_ptr<char[]> buffer;
  std::size_t capacity = 0;

  void document(std::string_view text, std::size_t element, Format format, Sink& sink);

 private:
  bool copy(std::string_view text);
  Format sniff(Reader::Object& object);
  bool read(Reader::Object& object, Format format);
  void tell(std::size_t element, Sink& sink);
  void array(simdjson::ondemand::document& document, Format format, Sink& sink);
  void broken(std::string_view text, std::size_t element, simdjson::ondemand::document* document,
              Sink& sink);
};

namespace {

void quarantine(Decoder::Sink& sink, QuarantineReason reason, std::size_t element,
                std::string detail) {
  sink.quarantined({reason, element, std::move(detail)});
}

bool at_end(simdjson::ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

}  // namespace

// simdjson reads up to its padding beyond the end, which a record in its source's memory lacks.
bool Decoder::State::copy(std::string_view text) {
  if (text.size() > capacity || buffer == nullptr) {
    std::size_t wanted = 16 * 1024;
    while (wanted < text.size()) wanted *= 2;
    buffer.reset(new char[wanted + simdjson::SIMDJSON_PADDING]);
    capacity = wanted;
    if (parser.allocate(wanted, 2 * wire::kDepthMax) != simdjson::SUCCESS) return false;
  }
  std::memcpy(buffer.get(), text.data(), text.size());
  std::memset(buffer.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  return true;
}

Format Decoder::State::sniff(Reader::Object& object) {
  Format format = Format::automatic;
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) break;  // told by read()
    const wire::Name name = reader.name_of(field.key());
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
  }
  if (object.reset().error() != simdjson::SUCCESS) return Format::native;
  return format;
}

bool Decoder::State::read(Reader::Object& object, Format format) {
  reader.begin_event();
  if (format == Format::automatic) format = sniff(object);
  return format == Format::helicone ? wire::read_helicone(reader, object)
                                    : wire::read_native(reader, object);
}

void Decoder::State::tell(std::size_t element, Sink& sink) {
  if (reader.refused()) {
    quarantine(sink, reader.reason(), element, reader.detail());
  } else {
    sink.event(reader.event);
  }
}

void Decoder::State::broken(std::string_view text, std::size_t element,
                            simdjson::ondemand::document* document, Sink& sink) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return quarantine(sink, QuarantineReason::invalid_utf8, element, "not UTF-8");
  }
  if (reader.too_deep()) {
    return quarantine(sink, QuarantineReason::broken_json, element, "nested deeper than 32");
  }
  std::string detail = "not JSON";
  const char* place = nullptr;
  if (document != nullptr && document->current_location().get(place) == simdjson::SUCCESS) {
    detail += ", near byte " + std::to_string(place - buffer.get());
  }
  quarantine(sink, QuarantineReason::broken_json, element, std::move(detail));
}

// The whole array is known to be JSON before its first event is told: a record is counted by all
// its good elements or, cut short, by none.
void Decoder::State::array(simdjson::ondemand::document& document, Format format, Sink& sink) {
  const std::string_view text(buffer.get(), reader.record_size());
  const auto skip_all = [&] {
    simdjson::ondemand::array items;
    if (document.get_array().get(items) != simdjson::SUCCESS) return false;
    return reader.each_item(items, [&](Reader::Value& item) { return reader.skip(item); }) &&
           at_end(document);
  };
  if (!skip_all()) return broken(text, 0, &document, sink);
  document.rewind();
  simdjson::ondemand::array items;
  if (document.get_array().get(items) != simdjson::SUCCESS) return;
  std::size_t element = 0;
  const bool whole = reader.each_item(items, [&](Reader::Value& item) {
    if (reader.container(item, '{')) {
      Reader::Object object;
      if (item.get_object().get(object) != simdjson::SUCCESS || !read(object, format)) return false;
      tell(element, sink);
    } else {
      quarantine(sink, QuarantineReason::unknown_format, element, "not an object");
    }
    ++element;
    return true;
  });
  if (!whole) broken(text, element, &document, sink);
}

void Decoder::State::document(std::string_view text, std::size_t element, Format format,
                              Sink& sink) {
  if (!copy(text)) {
    return quarantine(sink, QuarantineReason::too_large, element, "no memory to read it");
  }
  reader.begin_document(text, buffer.get());
  simdjson::ondemand::document document;
  simdjson::ondemand::json_type type{};
  const auto error =
      parser.iterate(buffer.get(), text.size(), capacity + simdjson::SIMDJSON_PADDING)
          .get(document);
  if (error != simdjson::SUCCESS) return broken(text, element, nullptr, sink);
  if (document.type().get(type) != simdjson::SUCCESS) {
    return broken(text, element, &document, sink);
  }
  if (type == simdjson::ondemand::json_type::array) return array(document, format, sink);
  if (type != simdjson::ondemand::json_type::object) {
    return quarantine(sink, QuarantineReason::unknown_format, element,
                      "neither an object nor an array of objects");
  }
  Reader::Object object;
  if (document.get_object().get(object) != simdjson::SUCCESS || !read(object, format) ||
      !at_end(document)) {
    return broken(text, element, &document, sink);
  }
  tell(element, sink);
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
