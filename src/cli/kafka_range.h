// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/input_progress.h"
#include "pipeline/replay.h"
#include "rule/config.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/source.h"

namespace tocsin {

// What is read of the topics of a tocsin.yaml: found out once, so that all runs read the same.
struct KafkaRange {
  struct Part {
    std::size_t source = 0;  // of `config`
    PartitionName name;
    std::int64_t from = 0;
    std::int64_t until = 0;  // the offset after the last
  };
  Config config;
  std::vector<Part> parts;  // all partitions, also those with nothing to read
  EventTime until{};        // time goes on to here
  std::string topics;       // "llm.requests", "2 topics"

  std::int64_t offsets() const;
};

struct KafkaRangeOf {
  const Config& config;
  std::optional<EventTime> since;  // by the records' stamps; nothing: all that is there
  std::optional<EventTime> until;  // nothing: the ends of now
  const Clock& clock;
  Log& log;
};
// Asks the brokers of all Kafka sources. No group is joined, nothing is written. retry: they did
// not all answer; reject: there is nothing to read, or a person must mend the configuration.
Result<KafkaRange> find_kafka_range(const KafkaRangeOf& of);

// The range as an input, in the order of the stamps (pipeline/merged_input.h). What is named here
// outlives it.
struct KafkaRangeReading {
  const KafkaRange& range;
  const Clock& clock;
  Log& log;
  InputProgress& progress;
};
Result<std::unique_ptr<ReplayInput>> read_kafka_range(const KafkaRangeReading& reading);

}  // namespace tocsin
