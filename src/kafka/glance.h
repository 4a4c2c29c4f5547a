// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/kafka_config.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// What a look at a topic shows to somebody who is about to read it.
struct TopicGlance {
  std::vector<std::string> others;    // the cluster's topics, where the one asked for is not there
  std::size_t partitions = 0;         // 0: there is no such topic
  std::int64_t records = 0;           // about: offsets between start and end
  std::optional<std::string> sample;  // one of the last records' values
};

// Looks at the first topic of `config`; reads nothing that anybody would miss, writes nothing.
// Blocks for about `timeout` at most. retry: no broker answered, and why; reject: a person must
// mend the config.
Result<TopicGlance> glance_at_topic(const KafkaConfig& config, Millis timeout, const Clock& clock,
                                    Log& log);

}  // namespace tocsin
