// SPDX-License-Identifier: Apache-2.0
#include "file/recording.h"

#include <simdjson.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "file/base64.h"

namespace tocsin {
namespace {

using ItemKind = RecordingItem::Kind;

// Room for any record a broker lets through, with every byte escaped.
constexpr LineLimits kLineLimits{64 << 20, 64 << 20};

std::string why_not() { return std::generic_category().message(errno); }

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

// "name":"…", or "name_base64":"…" of what is not UTF-8.
void append_bytes(std::string& out, std::string_view name, std::string_view bytes) {
  out += '"';
  out += name;
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) {
    out += "\":";
    append_json_string(out, bytes);
  } else {
    out += "_base64\":\"";
    append_base64(out, bytes);
    out += '"';
  }
}

// "headers":{"name":"…"}, with those alone that are `text`, or those that are not.
void append_headers(std::string& out, const Record& record, const EnvelopeParts& parts, bool text) {
  const std::string_view name = text ? ",\"headers\":{" : ",\"headers_base64\":{";
  bool any = false;
  for (const std::string& header : parts.headers) {
    const auto bytes = record.envelope->header(record, header);
    if (!bytes || simdjson::validate_utf8(bytes->data(), bytes->size()) != text) continue;
    out += any ? "," : name;
    any = true;
    append_json_string(out, header);
    out += ':';
    if (text) {
      append_json_string(out, *bytes);
    } else {
      out += '"';
      append_base64(out, *bytes);
      out += '"';
    }
  }
  if (any) out += '}';
}

void append_envelope(std::string& out, const Record& record, const EnvelopeParts& parts) {
  if (parts.key) {
    if (const auto key = record.envelope->key(record)) {
      out += ',';
      append_bytes(out, "key", *key);
    }
  }
  append_headers(out, record, parts, true);
  append_headers(out, record, parts, false);
}

void append_text_line(std::string& out, std::string_view key, std::string_view text) {
  out += "{\"";
  out += key;
  out += "\":";
  append_json_string(out, text);
  out += "}\n";
}

// A key's value where it is there and of the type asked for.
template <class T>
std::optional<T> get(const simdjson::dom::object& object, std::string_view key) {
  T value{};
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool has_recording_keys(const simdjson::dom::object& object) {
  const auto has = [&](std::string_view key) { return object[key].error() == simdjson::SUCCESS; };
  if (object.size() == 1) {
    return get<std::string_view>(object, "tick") || get<std::string_view>(object, "version");
  }
  return has("topic") && has("partition") && has("offset") && (has("value") || has("value_base64"));
}

}  // namespace

struct RecordingReader::Parser {
  simdjson::dom::parser json;
  std::string bytes;  // of value_base64

  std::optional<RecordingItem> item(std::string_view line);
  bool take_value(const simdjson::dom::object& object, RecordingItem& item);
  static bool take_envelope(const simdjson::dom::object& object, RecordingItem& item);
};

std::optional<RecordingItem> RecordingReader::Parser::item(std::string_view line) {
  simdjson::dom::object object;
  if (json.parse(line.data(), line.size()).get(object) != simdjson::SUCCESS) return std::nullopt;
  RecordingItem item;
  for (const ItemKind kind : {ItemKind::tick, ItemKind::version}) {
    const auto text = get<std::string_view>(object, kind == ItemKind::tick ? "tick" : "version");
    if (!text) continue;
    item.kind = kind;
    item.text = *text;
    return item;
  }
  const auto topic = get<std::string_view>(object, "topic");
  const auto partition = get<std::int64_t>(object, "partition");
  const auto offset = get<std::int64_t>(object, "offset");
  if (!topic || !partition || *partition < 0 || *partition > INT32_MAX || !offset || *offset < 0) {
    return std::nullopt;
  }
  item.partition = {std::string(*topic), static_cast<std::int32_t>(*partition)};
  item.record.offset = *offset;
  const auto timestamp = get<std::int64_t>(object, "timestamp");
  if (!timestamp && !object["timestamp"].is_null()) return std::nullopt;
  item.record.has_timestamp = timestamp.has_value();
  item.record.timestamp = event_time_ms(timestamp.value_or(0));
  item.record.log_append_time = get<bool>(object, "log_append_time").value_or(false);
  if (!take_value(object, item) || !take_envelope(object, item)) return std::nullopt;
  return item;
}

bool RecordingReader::Parser::take_value(const simdjson::dom::object& object, RecordingItem& item) {
  if (const auto value = get<std::string_view>(object, "value")) {
    item.record.value = *value;
    return true;
  }
  const auto encoded = get<std::string_view>(object, "value_base64");
  auto decoded = encoded ? parse_base64(*encoded) : std::nullopt;
  if (!decoded) return false;
  bytes = std::move(*decoded);
  item.record.value = bytes;
  return true;
}

// False: something in it is of a wrong type.
bool RecordingReader::Parser::take_envelope(const simdjson::dom::object& object,
                                            RecordingItem& item) {
  RecordedEnvelope read;
  const auto take = [](const simdjson::dom::element& value, bool base64) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return std::optional<std::string>();
    return base64 ? parse_base64(text) : std::string(text);
  };
  for (const bool base64 : {false, true}) {
    simdjson::dom::element key;
    if (object[base64 ? "key_base64" : "key"].get(key) == simdjson::SUCCESS) {
      read.key_bytes = take(key, base64);
      if (!read.key_bytes) return false;
    }
    simdjson::dom::element headers;
    if (object[base64 ? "headers_base64" : "headers"].get(headers) != simdjson::SUCCESS) continue;
    simdjson::dom::object all;
    if (headers.get(all) != simdjson::SUCCESS) return false;
    for (const auto header : all) {
      auto bytes = take(header.value, base64);
      if (!bytes) return false;
      read.header_bytes.insert_or_assign(std::string(header.key), std::move(*bytes));
    }
  }
  if (read.key_bytes || !read.header_bytes.empty()) {
    item.envelope = std::make_shared<const RecordedEnvelope>(std::move(read));
  }
  return true;
}

std::optional<std::string_view> RecordedEnvelope::key(const Record& /*record*/) const {
  return key_bytes;
}

std::optional<std::string_view> RecordedEnvelope::header(const Record& /*record*/,
                                                         const std::string& name) const {
  const auto found = header_bytes.find(name);
  if (found == header_bytes.end()) return std::nullopt;
  return found->second;
}

Result<bool> is_recording(const std::string& path) {
  if (path == "-") return reject("standard input cannot be looked into; name a file");
  auto stream = ByteStream::open(path);
  if (!stream) return tl::unexpected(stream.error());
  LineReader lines(std::move(*stream), kLineLimits);
  simdjson::dom::parser parser;
  for (;;) {
    std::optional<Line> line = lines.next();
    if (!line) {
      const auto more = lines.fill();
      if (!more) return tl::unexpected(more.error());
      if (*more) continue;
      line = lines.rest();
      if (!line) return false;
    }
    if (line->text.empty()) continue;
    simdjson::dom::object object;
    const auto error = parser.parse(line->text.data(), line->text.size()).get(object);
    return error == simdjson::SUCCESS && has_recording_keys(object);
  }
}

Result<RecordingReader> RecordingReader::open(const std::string& path) {
  auto stream = ByteStream::open(path);
  if (!stream) return tl::unexpected(stream.error());
  return RecordingReader(path, std::move(*stream));
}

RecordingReader::RecordingReader(std::string path, ByteStream stream)
    : path_(std::move(path)),
      lines_(std::move(stream), kLineLimits),
      parser_(std::make_unique<Parser>()) {}
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader::~RecordingReader() = default;

Result<std::optional<RecordingItem>> RecordingReader::next() {
  for (;;) {
    const auto line = next_line();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return std::optional<RecordingItem>();
    if ((*line)->text.empty()) continue;
    auto item = parser_->item((*line)->text);
    if (!item) {
      return reject(path_ + ":" + std::to_string((*line)->number + 1) +
                    ": not a line of a recording: it needs topic, partition, offset, timestamp and "
                    "value, or tick, or version");
    }
    return item;
  }
}

Result<std::optional<Line>> RecordingReader::next_line() {
  for (;;) {
    if (const auto line = lines_.next()) return line;
    const auto more = lines_.fill();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return lines_.rest();
  }
}

void append_record_line(std::string& out, const PartitionName& partition, const Record& record,
                        const EnvelopeParts& parts) {
  out += "{\"topic\":";
  append_json_string(out, partition.topic);
  out += ",\"partition\":" + std::to_string(partition.partition);
  out += ",\"offset\":" + std::to_string(record.offset);
  out += ",\"timestamp\":";
  out += record.has_timestamp ? std::to_string(to_ms(record.timestamp)) : "null";
  if (record.log_append_time) out += ",\"log_append_time\":true";
  out += ',';
  append_bytes(out, "value", record.value);
  if (record.envelope != nullptr) append_envelope(out, record, parts);
  out += "}\n";
}

void append_tick_line(std::string& out, std::string_view text) {
  append_text_line(out, "tick", text);
}

void append_version_line(std::string& out, std::string_view text) {
  append_text_line(out, "version", text);
}

Result<RecordingWriter> RecordingWriter::open(const std::string& path) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wbe");
  if (file == nullptr) return reject(path + " cannot be written: " + why_not());
  return RecordingWriter(path, file);
}

Result<void> RecordingWriter::record(const PartitionName& partition, const Record& record,
                                     const EnvelopeParts& parts) {
  line_.clear();
  append_record_line(line_, partition, record, parts);
  return write();
}

Result<void> RecordingWriter::tick(std::string_view text) {
  line_.clear();
  append_tick_line(line_, text);
  return write();
}

Result<void> RecordingWriter::version(std::string_view text) {
  line_.clear();
  append_version_line(line_, text);
  return write();
}

Result<void> RecordingWriter::write() {
  if (std::fwrite(line_.data(), 1, line_.size(), file_.get()) == line_.size()) return {};
  return reject(path_ + " cannot be written: " + why_not());
}

Result<void> RecordingWriter::close() {
  std::FILE* file = file_.release();
  const bool written = std::ferror(file) == 0 && std::fflush(file) == 0;
  const std::string why = why_not();
  const bool closed = file == stdout || std::fclose(file) == 0;
  if (written && closed) return {};
  return reject(path_ + " cannot be written: " + why);
}

}  // namespace tocsin
