// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kafka/handles.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin::kafka {

// A topic as the brokers describe it.
struct TopicView {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
  std::vector<bool> led;  // by partition: it has a leader now
};

struct ClusterView {
  std::string cluster_id;
  std::map<std::string, TopicView> topics;  // those the client has handles of
};

// Asks one broker. Blocks, at most `timeout`. retry: none answered.
Result<ClusterView> view_cluster(rd_kafka_t* client, Millis timeout);

}  // namespace tocsin::kafka
