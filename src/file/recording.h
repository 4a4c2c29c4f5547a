// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "file/line_reader.h"
#include "tocsin/result.h"
#include "tocsin/source.h"

namespace tocsin {

// A recording is what a run was fed, a JSON object a line, in the order in which it was taken:
//
//   {"topic":"llm.requests","partition":3,"offset":881204,"timestamp":1763632800123,"value":"…"}
//   {"tick":"…"}
//   {"version":"…"}
//
// `value` is the record's bytes as a JSON string where they are valid UTF-8, else `value_base64`
// holds them. `timestamp` is in ms, null where the record has none; `"log_append_time":true`
// follows it where the broker stamped the record. Behind the value stand, if they were asked for
// and are there, the record's `key` and its `headers`, an object of texts; those that are not UTF-8
// as `key_base64` and in `headers_base64`. Ticks and versions are text of the engine's own. Other
// keys are passed over, so that later versions may add some.

// What a record of a recording has beside its value.
struct RecordedEnvelope final : RecordEnvelope {
  std::optional<std::string> key_bytes;
  std::map<std::string, std::string> header_bytes;

  std::optional<std::string_view> key(const Record& record) const override;
  std::optional<std::string_view> header(const Record& record,
                                         const std::string& name) const override;
};

struct RecordingItem {
  enum class Kind : std::uint8_t { record, tick, version };
  Kind kind = Kind::record;
  PartitionName partition;                           // of a record
  Record record;                                     // without partition index, hash and envelope
  std::shared_ptr<const RecordedEnvelope> envelope;  // of a record; null: none is recorded
  std::string_view text;                             // of a tick or version
};

// Whether the file's first line that isn't blank is one of a recording, told by its keys. "-"
// cannot be looked into. reject: it cannot be read.
Result<bool> is_recording(const std::string& path);

// Reads a recording: plain, gzip or zstd; "-" is standard input. One thread.
class RecordingReader {
 public:
  static Result<RecordingReader> open(const std::string& path);
  RecordingReader(RecordingReader&&) noexcept;
  ~RecordingReader();

  // How far the file was read, compressed or not.
  std::int64_t bytes_read() const { return lines_.stream().raw_read(); }

  // The next item in the file's order, nothing at its end. Views live until the next call.
  // reject: the line is none of a recording, or the data is damaged; it names path and line.
  Result<std::optional<RecordingItem>> next();

 private:
  struct Parser;
  RecordingReader(std::string path, ByteStream stream);
  Result<std::optional<Line>> next_line();

  std::string path_;
  LineReader lines_;
  std::unique_ptr<Parser> parser_;
};

// One line each, with its end. Of a record's envelope only `parts`.
void append_record_line(std::string& out, const PartitionName& partition, const Record& record,
                        const EnvelopeParts& parts = {});
void append_tick_line(std::string& out, std::string_view text);
void append_version_line(std::string& out, std::string_view text);

// Writes a recording. One thread. Errors are told by close() too, so that a full disk is not
// missed.
class RecordingWriter {
 public:
  // Replaces the file; "-" is standard output. reject: it cannot be written.
  static Result<RecordingWriter> open(const std::string& path);

  Result<void> record(const PartitionName& partition, const Record& record,
                      const EnvelopeParts& parts = {});
  Result<void> tick(std::string_view text);
  Result<void> version(std::string_view text);
  // Everything has reached the system. Call once, at the end.
  Result<void> close();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept {
      if (file != stdout) std::fclose(file);
    }
  };
  RecordingWriter(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  Result<void> write();

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
  std::string line_;
};

}  // namespace tocsin
