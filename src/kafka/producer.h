// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

namespace kafka {
struct ProducerState;
}

struct ProducerConfig {
  std::string brokers;                            // host:port, comma between several
  std::string topic;                              // must exist: nothing is created
  std::map<std::string, std::string> properties;  // of librdkafka
};

struct ProducerRecord {
  EventTime timestamp;
  std::string_view key, value;  // copied by send()
};

// Writes records to one topic, each at once (linger 0). One thread.
class Producer {
 public:
  // Waits up to `wait` until the topic is known. reject: a property is wrong, or there is no such
  // topic. retry: no broker answers.
  static Result<std::unique_ptr<Producer>> create(const ProducerConfig& config, Millis wait);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Hands a record over; waits only while a hundred thousand are on their way. stop: it can never
  // be taken, or records handed over before were lost; the message says why.
  Result<void> send(const ProducerRecord& record);
  // Waits until the broker has taken every record, or `wait` is over.
  Result<void> flush(Millis wait);

 private:
  explicit Producer(std::unique_ptr<kafka::ProducerState> state);
  std::unique_ptr<kafka::ProducerState> state_;
};

}  // namespace tocsin
