// SPDX-License-Identifier: Apache-2.0
#include "kafka/version.h"

#include <librdkafka/rdkafka.h>

namespace tocsin {

std::string kafka_library_version() { return rd_kafka_version_str(); }

}  // namespace tocsin
