// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

struct Record {
  PartitionIndex partition = 0;
  std::int64_t offset = 0;
  EventTime timestamp{};           // Kafka's; for a plain file absent is marked below
  bool has_timestamp = true;
  bool log_append_time = false;    // stamped by the broker, so it cannot lie
  std::string_view value;          // empty for a tombstone
};

// Where a partition goes on. Held in the state, in the same commit as what it counts.
struct Position {
  std::int64_t next_offset = 0;
  std::int64_t last_offset = -1;      // of the last record delivered; -1: none yet
  std::uint64_t last_record_hash = 0;  // record_hash() of it
};

struct SourceNotice {
  enum class Kind {
    unreachable,   // the source cannot be read now; it is retried for ever
    reachable,     // it can again
    at_end,        // `partition` has no further record now
    partition_added,  // `partition` is new and is read from its beginning
    lost,          // records of `partition` in [lost_from, lost_until) are gone unread
    halted,        // `partition` is not read any more: a person must decide
    unverified,    // the last record is gone (compaction), so the topic's identity is unproven
  };
  Kind kind = Kind::unreachable;
  std::optional<PartitionIndex> partition;
  std::int64_t lost_from = 0;
  std::int64_t lost_until = 0;
  std::string text;  // for people
};

// A place events come from. open() once, then poll() by one thread per worker; each partition
// belongs to worker (index mod workers). partitions() may grow between polls.
class Source {
 public:
  virtual ~Source() = default;

  // The identity of what is read ("kafka:<cluster id>", "file"); state of another one is refused.
  // Set by open().
  virtual std::string identity() const = 0;

  // A copy; any thread.
  virtual std::vector<PartitionName> partitions() const = 0;

  // Up to `max` records for `worker`, waiting at most `wait` for the first and for no further one.
  // Empty: none now. The views live until this worker's next poll. `notices` is appended to.
  // stop: the source is broken for good.
  virtual Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                               std::vector<SourceNotice>& notices) = 0;

  // Tells the world how far the *synced* state has come (Kafka: the consumer group's offsets, for
  // lag dashboards). Never blocks. Any thread.
  virtual void mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) = 0;
};

}  // namespace tocsin
