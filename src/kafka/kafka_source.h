// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kafka/kafka_config.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/reading_guard.h"
#include "tocsin/source.h"

namespace tocsin {

// What the state knows of the source.
struct KafkaKnown {
  std::map<PartitionName, Position> positions;
  std::string identity;  // Source::identity() of what it was counted from; empty: nothing yet
};

struct KafkaLinks {  // all outlive the source
  const Clock& clock;
  Log& log;
  ReadingGuard* guard = nullptr;
};

// Reads topics of one Kafka cluster, all partitions of them, each from its Position on. It is no
// member of a consumer group: offsets live with the state, and are only mirrored to Kafka.
//
// A partition with a Position is verified first: the last record delivered is read again, and must
// have its hash; so it is again whenever a leader or a connection was lost. A partition of a topic
// without any Position begins by KafkaConfig::start, a further one of a known topic at its
// beginning. With a guard, one at whose position the process died before is read by itself, and
// after three deaths not at all (halted). Brokers that cannot be reached, and topics that don't
// exist, are told once by a notice and retried for ever.
class KafkaSource final : public Source {
 public:
  // Returns at once, whether a broker answers or not; partitions and identity come by and by.
  // reject: the config cannot work, a person must mend it.
  static Result<std::unique_ptr<KafkaSource>> open(const KafkaConfig& config, KafkaKnown known,
                                                   const KafkaLinks& links);
  // At most some 12 s; librdkafka can hang when it is closed, and is then left behind, so that the
  // process can end without it.
  ~KafkaSource() override;

  std::string identity() const override;
  std::vector<PartitionName> partitions() const override;
  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices) override;
  void request_end_offsets() override;
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) override;

  // What the log of each partition holds now: the offsets [low, high). Blocks, at most `timeout`;
  // not for a thread that polls. retry: not all partitions of all topics answered.
  struct Range {
    std::int64_t low = 0;
    std::int64_t high = 0;
  };
  Result<std::map<PartitionName, Range>> watermarks(Millis timeout) const;

  // Where the first record stamped at or after `time` is; partitions without one that late are
  // absent. As watermarks() otherwise.
  Result<std::map<PartitionName, std::int64_t>> offsets_at(EventTime time, Millis timeout) const;

  // How many mirrored offsets Kafka did not take. Any thread.
  std::uint64_t mirror_failures() const;

 private:
  struct Parts;
  explicit KafkaSource(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tocsin
