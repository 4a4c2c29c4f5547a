// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kafka/kafka_config.h"
#include "tocsin/ingest.h"
#include "tocsin/log.h"
#include "tocsin/time.h"

namespace tocsin {

// Writes what is sent to a topic that a KafkaSource reads: acks=all, idempotent. Records have no
// key; each goes to any partition.
class KafkaIngest final : public IngestLog {
 public:
  struct Target {
    std::string topic;
    Millis patience{10'000};  // for the brokers, before a request is told to come again
  };
  // Connects, but waits for nobody: while no broker answers append() says so. reject: a property of
  // the config is wrong, or the topic has no name that can be one. `log` outlives us.
  static Result<std::unique_ptr<KafkaIngest>> open(const KafkaConfig& config, const Target& target,
                                                   Log& log);
  ~KafkaIngest() override;
  KafkaIngest(const KafkaIngest&) = delete;
  KafkaIngest& operator=(const KafkaIngest&) = delete;

  Result<void> append(std::span<const std::string_view> records) override;

 private:
  struct State;
  explicit KafkaIngest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
