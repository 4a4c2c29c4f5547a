// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>

#include "tocsin/frees.h"

namespace tocsin::kafka {

using Conf = std::unique_ptr<rd_kafka_conf_t, Frees<rd_kafka_conf_destroy>>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Frees<rd_kafka_topic_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Frees<rd_kafka_queue_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Frees<rd_kafka_message_destroy>>;
using PartitionList =
    std::unique_ptr<rd_kafka_topic_partition_list_t, Frees<rd_kafka_topic_partition_list_destroy>>;
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, Frees<rd_kafka_metadata_destroy>>;

}  // namespace tocsin::kafka
