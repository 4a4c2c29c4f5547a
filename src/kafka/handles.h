// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

namespace tocsin::kafka {

template <auto Fn>
struct Calls {
  template <class T>
  void operator()(T* pointer) const noexcept {
    Fn(pointer);
  }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Calls<rd_kafka_conf_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Calls<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Calls<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Calls<rd_kafka_message_destroy>>;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Calls<rd_kafka_topic_partition_list_destroy>>;
struct MetadataDestroy {
  void operator()(const rd_kafka_metadata_t* metadata) const noexcept {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDestroy>;

}  // namespace tocsin::kafka
