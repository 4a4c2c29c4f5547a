// SPDX-License-Identifier: Apache-2.0
#include "kafka/cluster_view.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace tocsin::kafka {
namespace {

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
};

TopicView view_topic(const rd_kafka_metadata_topic& topic) {
  TopicView view;
  view.error = topic.err;
  for (int i = 0; i < topic.partition_cnt; ++i) {
    const auto& partition = topic.partitions[i];
    const auto id = static_cast<std::size_t>(partition.id);
    if (view.led.size() <= id) view.led.resize(id + 1, false);
    view.led[id] = partition.leader >= 0;
  }
  return view;
}

}  // namespace

Result<ClusterView> view_cluster(rd_kafka_t* client, Millis timeout) {
  const int timeout_ms = static_cast<int>(timeout.count());
  const rd_kafka_metadata_t* answer = nullptr;
  const auto error = rd_kafka_metadata(client, 0, nullptr, &answer, timeout_ms);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return retry(rd_kafka_err2str(error));
  const Metadata metadata(answer);
  const std::unique_ptr<char, Free> cluster_id(rd_kafka_clusterid(client, timeout_ms));
  if (!cluster_id) return retry("no broker tells the cluster's id");
  ClusterView view;
  view.cluster_id = cluster_id.get();
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    view.topics.emplace(metadata->topics[i].topic, view_topic(metadata->topics[i]));
  }
  return view;
}

}  // namespace tocsin::kafka
