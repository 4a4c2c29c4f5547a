// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "event/decoder.h"
#include "tocsin/source.h"

namespace tocsin {

// What one poll brought, decoded. Everything lives until the chunk is given back.
class DecodedChunk final : Decoder::Sink {
 public:
  // Copies the records and decodes them.
  void fill(std::span<const Record> records, const RecordFormat& format);

  std::span<const Record> records() const { return records_; }
  // Hands the events of a record, good and bad, to `sink` in their order; as often as asked.
  void deliver(std::size_t record, Decoder::Sink& sink) const;
  // What was mended in it.
  const DecodeCounts& counts(std::size_t record) const { return counts_[record]; }

  std::vector<SourceNotice> notices;
  std::optional<Error> error;  // the source is broken for good

 private:
  struct Item {
    bool good = false;
    std::size_t at = 0;  // in events_ or bad_
  };
  void event(const Event& event) override;
  void quarantined(const Quarantined& bad) override;

  Decoder decoder_;
  std::string bytes_;
  std::vector<Record> records_;
  std::vector<std::size_t> ends_;     // by record: where its items end
  std::vector<DecodeCounts> counts_;  // by record
  std::vector<Item> items_;
  std::vector<Event> events_;  // the first `good_` count; the others are kept for their memory
  std::size_t good_ = 0;
  std::vector<Quarantined> bad_;
};

// Reads a source of one worker and decodes it in a thread of its own, some chunks ahead of who
// folds them, and in the same order. For what is to be read as fast as can be: decoding is half the
// work of stage 1.
class DecodeAhead {
 public:
  // `source` outlives us.
  DecodeAhead(Source& source, RecordFormat format, std::size_t records);
  ~DecodeAhead();
  DecodeAhead(const DecodeAhead&) = delete;
  DecodeAhead& operator=(const DecodeAhead&) = delete;

  // The next chunk, which takes the place of the one before. Waits for it: a chunk without records
  // comes when the source has had none for a while. The worker's thread.
  DecodedChunk& next();

 private:
  static constexpr std::size_t kChunks = 12;

  void run(const std::stop_token& stop);

  Source& source_;
  RecordFormat format_;
  std::size_t records_max_;
  std::array<DecodedChunk, kChunks> chunks_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t filled_ = 0;  // chunks so far
  std::uint64_t taken_ = 0;   // of them, handed out and done with
  bool holding_ = false;      // the worker has one
  std::jthread thread_;       // last: it uses all of the above
};

}  // namespace tocsin
