// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// Where a partition begins of which the state knows nothing, nor of its topic.
struct KafkaStart {
  enum class Kind : std::uint8_t { earliest, latest, time };
  Kind kind = Kind::earliest;
  EventTime time{};  // Kind::time: the first record stamped at or after it, else the end
  std::int64_t records_before = 0;  // Kind::time: so many offsets earlier, if the log has them
};

// One `kafka:` of tocsin.yaml, secrets already read.
struct KafkaConfig {
  struct Tls {
    std::string ca_file;  // empty: the system's roots
  };
  struct Sasl {
    std::string mechanism;  // plain, scram-sha-256 or scram-sha-512, in any case
    std::string user;
    std::string password;  // never logged, never in an error
  };

  std::vector<std::string> brokers;  // host:port
  std::vector<std::string> topics;
  std::optional<Tls> tls;
  std::optional<Sasl> sasl;
  std::string group = "tocsin";                   // offsets are mirrored here; empty: nowhere
  std::map<std::string, std::string> properties;  // of librdkafka, for what has no key of its own
  unsigned workers = 1;
  // Batches come one by one, so that what kills the process is met at its very position. Slow.
  bool careful = false;
  KafkaStart start;
};

// Whether KafkaSource::open() would take the config: names, values, and no property that Tocsin
// sets itself. Opens no file and connects to nothing. reject: a person must mend it.
Result<void> validate(const KafkaConfig& config);

}  // namespace tocsin
