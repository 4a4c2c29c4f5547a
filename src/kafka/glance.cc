// SPDX-License-Identifier: Apache-2.0
#include "kafka/glance.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "kafka/client.h"
#include "kafka/conf.h"
#include "kafka/offsets.h"

namespace tocsin {
namespace {

using namespace kafka;

// Of a topic's last records the first that can be read: the very last may be a transaction's mark.
constexpr std::int64_t kLast = 10;

class Glancer {
 public:
  Glancer(Client& client, const std::string& topic, Millis timeout, const Clock& clock)
      : client_(client), topic_(topic), clock_(clock), end_(clock.monotonic() + timeout) {}

  Result<TopicGlance> look() {
    if (auto known = partitions(); !known) return tl::unexpected(known.error());
    std::vector<PartitionName> names;
    for (std::size_t i = 0; i < glance_.partitions; ++i) {
      names.push_back({topic_, static_cast<std::int32_t>(i)});
    }
    if (names.empty()) return glance_;
    const auto starts = look_up(client_.get(), names, kLogStart, left());
    const auto ends = look_up(client_.get(), names, kLogEnd, left());
    if (!starts || !ends) return glance_;
    const PartitionName* fullest = nullptr;
    std::int64_t most = 0;
    for (const auto& [name, end] : *ends) {
      const auto start = starts->find(name);
      const std::int64_t records = start == starts->end() ? 0 : end - start->second;
      glance_.records += records;
      if (records > most) fullest = &name;
      most = std::max(most, records);
    }
    if (fullest != nullptr) sample(fullest->partition, ends->at(*fullest) - std::min(kLast, most));
    return glance_;
  }

 private:
  Millis left() const {
    return std::max(Millis{1}, std::chrono::ceil<Millis>(end_ - clock_.monotonic()));
  }

  Result<void> partitions() {
    const rd_kafka_metadata_t* answer = nullptr;
    const auto error =
        rd_kafka_metadata(client_.get(), 1, nullptr, &answer, static_cast<int>(left().count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      client_.serve(Millis{0});
      std::string trouble = client_.last_trouble();
      // How long it tried, and how often, says nothing to a person.
      trouble.resize(std::min(trouble.find(" (after "), trouble.size()));
      return retry(trouble.empty() ? rd_kafka_err2str(error) : trouble);
    }
    const Metadata metadata(answer);
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic& topic = metadata->topics[i];
      if (topic.topic == topic_) {
        glance_.partitions = static_cast<std::size_t>(topic.partition_cnt);
      } else if (!std::string_view(topic.topic).starts_with("__")) {
        glance_.others.emplace_back(topic.topic);
      }
    }
    if (glance_.partitions > 0) glance_.others.clear();
    return {};
  }

  void sample(std::int32_t partition, std::int64_t offset) {
    rd_kafka_topic_t* topic = client_.topic(topic_, nullptr);
    rd_kafka_queue_t* queue = client_.queue();
    if (!client_.start(topic, partition, offset, queue)) return;
    while (clock_.monotonic() < end_) {
      const Message message(rd_kafka_consume_queue(queue, static_cast<int>(left().count())));
      if (!message || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->payload == nullptr) continue;
      glance_.sample.emplace(static_cast<const char*>(message->payload), message->len);
      return;
    }
  }

  Client& client_;
  const std::string& topic_;
  const Clock& clock_;
  std::chrono::steady_clock::time_point end_;
  TopicGlance glance_;
};

}  // namespace

Result<TopicGlance> glance_at_topic(const KafkaConfig& config, Millis timeout, const Clock& clock,
                                    Log& log) {
  auto conf = make_conf(config);
  if (!conf) return tl::unexpected(conf.error());
  auto client = Client::create(std::move(*conf), log);
  if (!client) return tl::unexpected(client.error());
  return Glancer(**client, config.topics.front(), timeout, clock).look();
}

}  // namespace tocsin
