// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kafka/handles.h"
#include "kafka/kafka_config.h"
#include "tocsin/result.h"

namespace tocsin::kafka {

// The config as librdkafka's, without callbacks. reject: a person must mend it.
// A secret is not in the error, nor are values that name a file of one.
Result<void> set_property(rd_kafka_conf_t* conf, const std::string& property,
                          const std::string& value);
Result<Conf> make_conf(const KafkaConfig& config);
// The same to write to its topics, each record being given up after `patience`.
Result<Conf> make_producer_conf(const KafkaConfig& config, Millis patience);

}  // namespace tocsin::kafka
