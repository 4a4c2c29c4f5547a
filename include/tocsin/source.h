// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// One partition of a source, the unit of order: its records are delivered by rising offset.
struct PartitionName {
  std::string topic;  // a Kafka topic, or a file's path
  std::int32_t partition = 0;
  friend auto operator<=>(const PartitionName&, const PartitionName&) = default;
};

// Index into Source::partitions(); dense, stable while the process lives.
using PartitionIndex = std::uint32_t;

struct Record;

// What records have beside their values. It is read when it is asked for, and costs nobody else
// anything.
class RecordEnvelope {
 public:
  virtual ~RecordEnvelope() = default;

  // As it came, any bytes; nothing: there is none, or it is null. Of headers of one name, which is
  // compared to the letter, the last; headers that cannot be parsed are each a byte that is no
  // text, so that who asks for one meets it. Views live as long as the record's value. The thread
  // that polled.
  virtual std::optional<std::string_view> key(const Record& record) const = 0;
  virtual std::optional<std::string_view> header(const Record& record,
                                                 const std::string& name) const = 0;
};

// What somebody asks for of it.
struct EnvelopeParts {
  bool key = false;
  std::vector<std::string> headers;  // names, each once
  friend bool operator==(const EnvelopeParts&, const EnvelopeParts&) = default;
};

struct Record {
  PartitionIndex partition = 0;
  std::int64_t offset = 0;
  EventTime timestamp{};  // Kafka's; for a plain file absent is marked below
  bool has_timestamp = true;
  bool log_append_time = false;  // stamped by the broker, so it cannot lie
  std::uint64_t hash = 0;        // of timestamp, key and value; the same in every process
  std::string_view value;        // empty for a tombstone
  const RecordEnvelope* envelope = nullptr;  // null: no more than a value
  const void* message = nullptr;             // what the envelope knows the record by
};

// Where a partition goes on. Held in the state, in the same commit as what it counts.
struct Position {
  std::int64_t next_offset = 0;
  std::int64_t last_offset = -1;       // of the last record delivered; -1: none yet
  std::uint64_t last_record_hash = 0;  // Record::hash of it
};

struct SourceNotice {
  enum class Kind {
    unreachable,  // the source cannot be read now; it is retried for ever
    reachable,    // it can again
    begins,       // `partition`, which had no Position, is read from `offset` on: keep that as its
                  // Position, or a partition without records starts anew after a restart
    partition_added,  // the same for a new partition of a known topic: from its beginning
    at_end,           // `partition` has no further record before `offset` now
    end_offset,       // what request_end_offsets() asked: the end of `partition` was `offset` then
    lost,             // records of `partition` in [lost_from, lost_until) are gone unread
    halted,           // `partition` is not read any more: a person must decide
    ended,            // there is nothing more, ever, for this worker (replays)
    tick,             // replays: time went on here without records; `offset` is the tick's number
    unverified,       // the last record is gone (compaction), so the topic's identity is unproven
    resumed,          // `partition`, which was halted, is read again
  };
  Kind kind = Kind::unreachable;
  std::optional<PartitionIndex> partition;
  std::int64_t offset = 0;
  std::int64_t lost_from = 0;
  std::int64_t lost_until = 0;
  std::string text;    // for people
  std::string advice;  // what to do next, where that is more than the kind of notice says
};

inline SourceNotice source_notice(SourceNotice::Kind kind, std::optional<PartitionIndex> partition,
                                  std::int64_t offset, std::string text) {
  SourceNotice made;
  made.kind = kind;
  made.partition = partition;
  made.offset = offset;
  made.text = std::move(text);
  return made;
}

inline SourceNotice lost_notice(PartitionIndex partition, std::int64_t from, std::int64_t until,
                                std::string text) {
  SourceNotice made = source_notice(SourceNotice::Kind::lost, partition, until, std::move(text));
  made.lost_from = from;
  made.lost_until = until;
  return made;
}

// A place events come from. The adapter opens it; then poll() by one thread per worker; each
// partition belongs to worker (index mod workers). partitions() may grow between polls, and holds a
// partition before any record or notice of it is handed out.
class Source {
 public:
  virtual ~Source() = default;

  // The identity of what is read ("kafka:<cluster id>", "file"); state of another one is refused.
  // Empty until the source was first reached; known before any record is handed out. Any thread.
  virtual std::string identity() const = 0;

  // A copy; any thread.
  virtual std::vector<PartitionName> partitions() const = 0;

  // Up to `max` records for `worker`, waiting at most `wait` for the first and for no further one.
  // Empty: none now. The views live until this worker's next poll. `notices` is appended to.
  // stop: the source is broken for good.
  virtual Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                               std::vector<SourceNotice>& notices) = 0;

  // Asks for the end of every partition that is read now: a notice `end_offset` each, handed out by
  // later polls of the partition's worker. Sources without offsets to ask (files) answer with
  // at_end alone, when they are there. Never blocks. Any thread.
  virtual void request_end_offsets() = 0;

  // Tells the world how far the *synced* state has come (Kafka: the consumer group's offsets, for
  // lag dashboards). Never blocks. Any thread.
  virtual void mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) = 0;
};

}  // namespace tocsin
