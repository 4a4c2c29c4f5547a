// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tocsin/source.h"

namespace tocsin::kafka {

inline SourceNotice notice(SourceNotice::Kind kind, std::optional<PartitionIndex> partition,
                           std::int64_t offset, std::string text) {
  SourceNotice made;
  made.kind = kind;
  made.partition = partition;
  made.offset = offset;
  made.text = std::move(text);
  return made;
}

// What people read about a partition: what happened, where, what to do next.

inline std::string partition_text(const PartitionName& name) {
  return name.topic + "[" + std::to_string(name.partition) + "]";
}

inline constexpr std::string_view kDecide =
    "nothing of it is counted until a person decides: bring the old topic back, or start with a "
    "new state.path";

inline std::string rewritten_text(const PartitionName& name, std::int64_t offset) {
  return partition_text(name) + ": the topic was re-created or rewritten: the record at offset " +
         std::to_string(offset) + " is not the one counted before; " + std::string(kDecide);
}

inline std::string vanished_text(const PartitionName& name, std::int64_t next, std::int64_t end) {
  return partition_text(name) + ": the topic was re-created or cut: it ends at offset " +
         std::to_string(end) + ", but was counted up to " + std::to_string(next) + "; " +
         std::string(kDecide);
}

inline std::string missing_text(const PartitionName& name) {
  return partition_text(name) + ": the topic was re-created: it has no such partition any more; " +
         std::string(kDecide);
}

inline std::string damaged_text(const PartitionName& name, std::string_view reason) {
  return partition_text(name) + ": a record batch is damaged (" + std::string(reason) +
         "); nothing more of it is counted until the broker's log is repaired and Tocsin restarted";
}

inline std::string unverified_text(const PartitionName& name) {
  return partition_text(name) +
         ": the last record counted is gone (compaction), so it is not proven that the topic is "
         "still the same one";
}

inline std::string lost_text(const PartitionName& name, std::int64_t from, std::int64_t until) {
  return partition_text(name) + ": Kafka deleted the records before offset " +
         std::to_string(until) + "; " + std::to_string(until - from) + " offsets from " +
         std::to_string(from) +
         " on were never counted. Totals are too low; raise the topic's retention";
}

}  // namespace tocsin::kafka
