// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::bench {

struct ProducerSettings {
  std::string brokers;
  std::string topic;
  std::string linger_ms;
};

struct Outgoing {
  std::int32_t partition = 0;
  std::int64_t timestamp_ms = 0;
  std::string_view key, value;  // copied by send()
};

// A producer of the measuring tools' own, so that they do not measure the engine by its own client.
// One thread.
class Producer {
 public:
  static std::unique_ptr<Producer> create(const ProducerSettings& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::vector<std::pair<const char*, std::string>> wanted = {
        {"bootstrap.servers", settings.brokers},
        {"linger.ms", settings.linger_ms},
        // Else a retry, as the first requests to a new topic may need, changes the order of a
        // partition, and with it which events come too late.
        {"enable.idempotence", "true"},
        {"queue.buffering.max.messages", "200000"},
    };
    char error[512];
    for (const auto& [name, value] : wanted) {
      if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
        std::fprintf(stderr, "%s\n", error);
        return nullptr;
      }
    }
    rd_kafka_conf_set_dr_msg_cb(conf, &Producer::reported);
    auto producer = std::unique_ptr<Producer>(new Producer(settings.topic));
    rd_kafka_conf_set_opaque(conf, producer.get());
    producer->kafka_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    if (producer->kafka_ == nullptr) {
      std::fprintf(stderr, "%s\n", error);
      rd_kafka_conf_destroy(conf);
      return nullptr;
    }
    return producer;
  }
  ~Producer() {
    if (kafka_ != nullptr) rd_kafka_destroy(kafka_);
  }
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Waits while the queue is full.
  bool send(const Outgoing& record) {
    std::array<rd_kafka_vu_t, 6> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    fields[0].u.cstr = topic_.c_str();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[1].u.i32 = record.partition;
    fields[2].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[2].u.i64 = record.timestamp_ms;
    fields[3].vtype = RD_KAFKA_VTYPE_KEY;
    fields[3].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
    fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[4].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
    fields[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[5].u.i = RD_KAFKA_MSG_F_COPY;
    for (;;) {
      rd_kafka_error_t* failure = rd_kafka_produceva(kafka_, fields.data(), fields.size());
      const rd_kafka_resp_err_t error = rd_kafka_error_code(failure);
      rd_kafka_error_destroy(failure);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        std::fprintf(stderr, "cannot produce to %s: %s\n", topic_.c_str(), rd_kafka_err2str(error));
        return false;
      }
      rd_kafka_poll(kafka_, 10);
    }
    if ((++sent_ & 0xff) == 0) rd_kafka_poll(kafka_, 0);
    return true;
  }

  // True if the broker has taken every record.
  bool flush() {
    const bool in_time = rd_kafka_flush(kafka_, 60'000) == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!in_time || failed_ > 0) {
      std::fprintf(stderr, "%lld records were not taken\n", static_cast<long long>(failed_));
    }
    return in_time && failed_ == 0;
  }

  void poll() { rd_kafka_poll(kafka_, 0); }

 private:
  explicit Producer(std::string topic) : topic_(std::move(topic)) {}

  static void reported(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) ++static_cast<Producer*>(opaque)->failed_;
  }

  std::string topic_;
  std::int64_t sent_ = 0;
  std::int64_t failed_ = 0;
  rd_kafka_t* kafka_ = nullptr;
};

}  // namespace tocsin::bench
