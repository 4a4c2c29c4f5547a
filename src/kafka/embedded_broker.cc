// SPDX-License-Identifier: Apache-2.0
#include "kafka/embedded_broker.h"

// The second needs the first.
#include <librdkafka/rdkafka.h>
// clang-format keeps them apart.
#include <librdkafka/rdkafka_mock.h>
#include <syslog.h>

#include <array>

#include "kafka/handles.h"

namespace tocsin {
namespace {

using Cluster = std::unique_ptr<rd_kafka_mock_cluster_t, Frees<rd_kafka_mock_cluster_destroy>>;
using Host = std::unique_ptr<rd_kafka_t, Frees<rd_kafka_destroy>>;

// Exceptions (no memory for a text) end here: none may cross librdkafka's C.
void on_broker_log(const rd_kafka_t* host, int level, const char*, const char* text) {
  if (level > LOG_WARNING) return;
  try {
    static_cast<Log*>(rd_kafka_opaque(host))->warn(std::string("embedded broker: ") + text);
  } catch (...) {
  }
}

}  // namespace

struct EmbeddedBroker::State {
  Host host;  // keeps the cluster's books; talks to nobody
  Cluster cluster;
};

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<State> state) : state_(std::move(state)) {}
EmbeddedBroker::~EmbeddedBroker() = default;

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::start(
    const std::vector<std::string>& topics, Log& log) {
  std::array<char, 512> text{};
  kafka::Conf conf(rd_kafka_conf_new());
  rd_kafka_conf_set_opaque(conf.get(), &log);
  rd_kafka_conf_set_log_cb(conf.get(), on_broker_log);
  auto state = std::make_unique<State>();
  state->host.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), text.data(), text.size()));
  if (!state->host) return stop(std::string("the embedded broker cannot start: ") + text.data());
  static_cast<void>(conf.release());  // the host's now
  state->cluster.reset(rd_kafka_mock_cluster_new(state->host.get(), 1));
  if (!state->cluster) return stop("the embedded broker cannot listen on 127.0.0.1");
  for (const std::string& topic : topics) {
    const auto made = rd_kafka_mock_topic_create(state->cluster.get(), topic.c_str(), 1, 1);
    if (made != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return stop("the embedded broker cannot make topic " + topic + ": " + rd_kafka_err2str(made));
    }
  }
  return std::unique_ptr<EmbeddedBroker>(new EmbeddedBroker(std::move(state)));
}

std::string EmbeddedBroker::address() const {
  return rd_kafka_mock_cluster_bootstraps(state_->cluster.get());
}

}  // namespace tocsin
