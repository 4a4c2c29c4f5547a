// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kafka/handles.h"
#include "kafka/kafka_config.h"
#include "tocsin/result.h"

namespace tocsin::kafka {

// The config as librdkafka's, without callbacks. reject: a person must mend it.
Result<Conf> make_conf(const KafkaConfig& config);

}  // namespace tocsin::kafka
