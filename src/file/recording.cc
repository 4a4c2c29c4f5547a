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
  if (!take_value(object, item)) return std::nullopt;
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

void append_record_line(std::string& out, const PartitionName& partition, const Record& record) {
  out += "{\"topic\":";
  append_json_string(out, partition.topic);
  out += ",\"partition\":" + std::to_string(partition.partition);
  out += ",\"offset\":" + std::to_string(record.offset);
  out += ",\"timestamp\":";
  out += record.has_timestamp ? std::to_string(to_ms(record.timestamp)) : "null";
  if (record.log_append_time) out += ",\"log_append_time\":true";
  if (simdjson::validate_utf8(record.value.data(), record.value.size())) {
    out += ",\"value\":";
    append_json_string(out, record.value);
  } else {
    out += ",\"value_base64\":\"";
    append_base64(out, record.value);
    out += '"';
  }
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

Result<void> RecordingWriter::record(const PartitionName& partition, const Record& record) {
  line_.clear();
  append_record_line(line_, partition, record);
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
