// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kafka/handles.h"
#include "tocsin/log.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin::kafka {

using Fetcher = std::pair<rd_kafka_topic_t*, std::int32_t>;  // and its partition

struct Signals;  // what librdkafka's callbacks leave for us

// One rd_kafka_t as a plain consumer (each partition started and stopped by itself, no group
// membership), with its callbacks, topics and queues. Any thread, unless said otherwise.
class Client {
 public:
  static Result<std::unique_ptr<Client>> create(Conf conf, Log& log);
  // Closes in a thread of its own and waits for it at most 10 s: this librdkafka can hang there for
  // ever. It is then left behind as it is, for a process that is about to end.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return client_; }

  // Made here so that they end before the client does. Not concurrently with each other.
  rd_kafka_topic_t* topic(const std::string& name, void* opaque);
  rd_kafka_queue_t* queue();

  // A fetcher of one partition from `offset` on, into `queue`. False: it could not be started.
  bool start(rd_kafka_topic_t* topic, std::int32_t partition, std::int64_t offset,
             rd_kafka_queue_t* queue);
  // Returns when the fetcher has ended; what it left in the queue is skipped by consuming. Nothing
  // if there is none.
  void stop(rd_kafka_topic_t* topic, std::int32_t partition);

  // Runs the callbacks that are due, waiting at most `wait` for the first.
  void serve(Millis wait);

  // Rises when something happened after which a topic may not be what it was: a leader gone, a
  // connection lost. It has risen before any record fetched afterwards is in a queue.
  std::uint64_t suspicion() const;
  // Whether every broker was found down since the last call.
  bool take_all_down();
  // What last went wrong between us and a broker, in librdkafka's words; may be empty.
  std::string last_trouble() const;
  std::uint64_t mirror_failures() const;

 private:
  Client(rd_kafka_t* client, std::shared_ptr<Signals> signals, Log& log);

  Log& log_;
  std::shared_ptr<Signals> signals_;
  rd_kafka_t* client_;
  std::vector<TopicHandle> topics_;
  std::vector<Queue> queues_;
  std::mutex mutex_;
  std::set<Fetcher> fetchers_;  // those that run; guarded by mutex_
};

}  // namespace tocsin::kafka
