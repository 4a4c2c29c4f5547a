// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "tocsin/reading_guard.h"
#include "tocsin/source.h"

namespace tocsin::kafka {

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

inline SourceNotice halted_notice(PartitionIndex index, std::int64_t next, std::string text,
                                  std::string advice = {}) {
  SourceNotice made = source_notice(SourceNotice::Kind::halted, index, next, std::move(text));
  made.advice = std::move(advice);
  return made;
}

inline std::string skip_advice(const PartitionName& name) {
  return "`tocsin skip " + name.topic + " " + std::to_string(name.partition) +
         "` goes on one offset later, with `--to OFFSET` further on: a batch ends at the "
         "lastOffset "
         "that Kafka's kafka-dump-log.sh shows. What is skipped is told as lost, the rest is "
         "counted.";
}

inline SourceNotice damaged_notice(PartitionIndex index, const PartitionName& name,
                                   std::int64_t next, std::string_view reason) {
  return halted_notice(index, next,
                       partition_text(name) + ": a record batch is damaged (" +
                           std::string(reason) + "); nothing from offset " + std::to_string(next) +
                           " on is counted until the broker's log is repaired and Tocsin "
                           "restarted, or it is skipped",
                       skip_advice(name));
}

inline SourceNotice deadly_notice(PartitionIndex index, const PartitionName& name,
                                  std::int64_t offset) {
  return halted_notice(index, offset,
                       partition_text(name) + ": Tocsin died " +
                           std::to_string(ReadingGuard::kDeathsMax) +
                           " times at the record with offset " + std::to_string(offset) +
                           "; nothing from there on is counted until it is skipped",
                       skip_advice(name) + " Please report the record, it is a defect of Tocsin.");
}

inline SourceNotice deaths_notice(PartitionIndex index, const PartitionName& name,
                                  std::int64_t next, int deaths) {
  return halted_notice(index, next,
                       partition_text(name) + ": Tocsin died " + std::to_string(deaths) +
                           " times in a row as it read on from offset " + std::to_string(next) +
                           " (a batch that unpacks to more than the memory there is?); nothing "
                           "from there on is counted until it is skipped",
                       skip_advice(name));
}

inline std::string skipped_text(const PartitionName& name, std::int64_t from, std::int64_t until) {
  return partition_text(name) + ": " + std::to_string(until - from) + " offsets from " +
         std::to_string(from) + " on were skipped by tocsin skip and never counted";
}

inline std::string resumed_text(const PartitionName& name, std::int64_t next, bool trial) {
  return partition_text(name) + " is read again, from offset " + std::to_string(next) + " on" +
         (trial ? ", to see whether that still kills" : "");
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
