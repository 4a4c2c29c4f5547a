// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tocsin/log.h"
#include "tocsin/result.h"

namespace tocsin {

// A Kafka in this process, for trials: librdkafka's mock cluster with one broker, to which any
// client may write and from which any may read. It listens on a free port of 127.0.0.1 that nobody
// can choose, keeps the last 5 MB or 100,000 records of a partition in memory, and knows no record
// by its time: a reader starts at `earliest` or `latest`.
class EmbeddedBroker {
 public:
  // Listens, with topics of one partition each. `log` gets librdkafka's warnings and must outlive
  // us. stop: it cannot be had; the message says why.
  static Result<std::unique_ptr<EmbeddedBroker>> start(const std::vector<std::string>& topics,
                                                       Log& log);
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  std::string address() const;  // "127.0.0.1:41234"

 private:
  struct State;
  explicit EmbeddedBroker(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
