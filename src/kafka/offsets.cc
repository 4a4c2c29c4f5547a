// SPDX-License-Identifier: Apache-2.0
#include "kafka/offsets.h"

#include <string>

namespace tocsin::kafka {
namespace {

PartitionList asking(std::span<const PartitionName> partitions, std::int64_t what) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const PartitionName& each : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition)->offset =
        what;
  }
  return list;
}

}  // namespace

Result<std::map<PartitionName, std::int64_t>> look_up(rd_kafka_t* client,
                                                      std::span<const PartitionName> partitions,
                                                      std::int64_t what, Millis timeout) {
  const PartitionList list = asking(partitions, what);
  const auto error =
      rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(timeout.count()));
  std::map<PartitionName, std::int64_t> found;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& each = list->elems[i];
    // Untouched elements still hold `what`, so only offsets count as answers.
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR || each.offset < 0) continue;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && each.offset == what) continue;
    found.emplace(PartitionName{each.topic, each.partition}, each.offset);
  }
  if (found.empty() && error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return retry(std::string("kafka: the ends of the partitions could not be read: ") +
                 rd_kafka_err2str(error));
  }
  return found;
}

Result<std::map<PartitionName, std::int64_t>> look_up_all(rd_kafka_t* client,
                                                          std::span<const PartitionName> partitions,
                                                          std::int64_t what, Millis timeout) {
  const PartitionList list = asking(partitions, what);
  auto error = rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(timeout.count()));
  std::map<PartitionName, std::int64_t> found;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& each = list->elems[i];
    if (each.err != RD_KAFKA_RESP_ERR_NO_ERROR) error = each.err;
    if (each.offset >= 0) found.emplace(PartitionName{each.topic, each.partition}, each.offset);
  }
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return retry(std::string("kafka: it could not be asked where a time begins: ") +
                 rd_kafka_err2str(error));
  }
  return found;
}

}  // namespace tocsin::kafka
