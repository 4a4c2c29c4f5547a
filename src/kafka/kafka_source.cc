// SPDX-License-Identifier: Apache-2.0
#include "kafka/kafka_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "kafka/client.h"
#include "kafka/conf.h"
#include "kafka/control.h"
#include "kafka/offsets.h"
#include "kafka/registry.h"
#include "kafka/waker.h"
#include "kafka/worker.h"

namespace tocsin {

using namespace kafka;  // NOLINT: this is the room's own namespace

struct KafkaSource::Parts {
  Parts(std::unique_ptr<Client> made, unsigned worker_count, const KafkaLinks& links,
        ControlSettings settings)
      : client(std::move(made)), waker(*client, registry) {
    for (unsigned i = 0; i < worker_count; ++i) {
      workers.push_back(std::make_unique<Worker>(*client, waker));
    }
    control = std::make_unique<Control>(
        ControlLinks{*client, registry, workers, links.clock, links.guard}, std::move(settings));
  }
  ~Parts() {
    control.reset();  // gives to the workers
  }

  std::unique_ptr<Client> client;  // first: messages, queues and topics end before it
  Registry registry;
  Waker waker;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<Control> control;
  bool mirrored = false;
};

Result<std::unique_ptr<KafkaSource>> KafkaSource::open(const KafkaConfig& config, KafkaKnown known,
                                                       const KafkaLinks& links) {
  auto conf = make_conf(config);
  if (!conf) return tl::unexpected(conf.error());
  // librdkafka's own word for it doesn't name the file.
  if (config.tls && !config.tls->ca_file.empty() &&
      ::access(config.tls->ca_file.c_str(), R_OK) != 0) {
    return reject("kafka: the `ca_file` of `tls`, " + config.tls->ca_file +
                  ", cannot be read: " + std::generic_category().message(errno));
  }
  auto client = Client::create(std::move(*conf), links.log);
  if (!client) return tl::unexpected(client.error());
  ControlSettings settings{config.brokers, config.topics, config.start, std::move(known.positions),
                           std::move(known.identity)};
  auto parts = std::make_unique<Parts>(std::move(*client), std::max(config.workers, 1u), links,
                                       std::move(settings));
  parts->mirrored = !config.group.empty();
  return std::unique_ptr<KafkaSource>(new KafkaSource(std::move(parts)));
}

KafkaSource::KafkaSource(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
KafkaSource::~KafkaSource() = default;

std::string KafkaSource::identity() const { return parts_->registry.identity(); }

std::vector<PartitionName> KafkaSource::partitions() const { return parts_->registry.names(); }

Result<std::span<const Record>> KafkaSource::poll(unsigned worker, std::size_t max, Millis wait,
                                                  std::vector<SourceNotice>& notices) {
  return parts_->workers.at(worker)->poll(max, wait, notices);
}

void KafkaSource::request_end_offsets() { parts_->control->request_end_offsets(); }

void KafkaSource::mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) {
  if (!parts_->mirrored || next_offsets.empty()) return;
  const PartitionList list(
      rd_kafka_topic_partition_list_new(static_cast<int>(next_offsets.size())));
  for (const auto& [name, offset] : next_offsets) {
    rd_kafka_topic_partition_list_add(list.get(), name.topic.c_str(), name.partition)->offset =
        offset;
  }
  // Asynchronous: what comes of it only counts (mirror_failures).
  static_cast<void>(rd_kafka_commit(parts_->client->get(), list.get(), 1));
}

Result<std::map<PartitionName, KafkaSource::Range>> KafkaSource::watermarks(Millis timeout) const {
  if (!parts_->registry.wait_complete(timeout)) {
    return retry("kafka: not every partition of the topics could be reached in time");
  }
  const auto names = parts_->registry.led();
  const auto lows = look_up(parts_->client->get(), names, kLogStart, timeout);
  if (!lows) return tl::unexpected(lows.error());
  const auto highs = look_up(parts_->client->get(), names, kLogEnd, timeout);
  if (!highs) return tl::unexpected(highs.error());
  std::map<PartitionName, Range> ranges;
  for (const PartitionName& name : names) {
    if (!lows->contains(name) || !highs->contains(name)) {
      return retry("kafka: " + name.topic + "[" + std::to_string(name.partition) +
                   "] gave no answer; try again");
    }
    ranges.emplace(name, Range{lows->at(name), highs->at(name)});
  }
  return ranges;
}

Result<std::map<PartitionName, std::int64_t>> KafkaSource::offsets_at(EventTime time,
                                                                      Millis timeout) const {
  if (!parts_->registry.wait_complete(timeout)) {
    return retry("kafka: not every partition of the topics could be reached in time");
  }
  return look_up_all(parts_->client->get(), parts_->registry.led(), to_ms(time), timeout);
}

std::uint64_t KafkaSource::mirror_failures() const { return parts_->client->mirror_failures(); }

}  // namespace tocsin
