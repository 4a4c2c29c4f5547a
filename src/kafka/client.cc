// SPDX-License-Identifier: Apache-2.0
#include "kafka/client.h"

#include <syslog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <thread>
#include <utility>

namespace tocsin::kafka {
namespace {

constexpr std::chrono::seconds kCloseMax{10};

}  // namespace

struct Signals {
  std::atomic<std::uint64_t> suspicion{0};
  std::atomic<bool> all_down{false};
  std::atomic<std::uint64_t> mirror_failures{0};
  mutable std::mutex mutex;
  std::string trouble;  // guarded by mutex
  Log* log = nullptr;   // guarded by mutex; none once the source is gone
  bool closed = false;  // guarded by mutex
  std::condition_variable closing_over;
};

namespace {

// Exceptions (no memory for a text) end here: none may cross librdkafka's C.

void on_log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  auto& signals = *static_cast<Signals*>(rd_kafka_opaque(client));
  const bool leader_gone = std::strcmp(facility, "BROKERUA") == 0;
  const bool lost = std::strcmp(facility, "STATE") == 0 && std::strstr(text, "UP -> DOWN");
  if (leader_gone || lost) signals.suspicion.fetch_add(1, std::memory_order_release);
  if (level > LOG_WARNING) return;
  try {
    const std::lock_guard lock(signals.mutex);
    if (signals.log != nullptr) signals.log->warn(std::string("kafka: ") + text);
  } catch (...) {
  }
}

void on_error(rd_kafka_t*, int error, const char* reason, void* opaque) {
  auto& signals = *static_cast<Signals*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    signals.all_down.store(true);
    return;
  }
  try {
    const std::lock_guard lock(signals.mutex);
    signals.trouble = reason;
  } catch (...) {
  }
}

void on_commit(rd_kafka_t*, rd_kafka_resp_err_t error, rd_kafka_topic_partition_list_t*,
               void* opaque) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  static_cast<Signals*>(opaque)->mirror_failures.fetch_add(1);
}

struct Remains {
  rd_kafka_t* client = nullptr;
  std::vector<TopicHandle> topics;
  std::vector<Queue> queues;
  std::set<Fetcher> fetchers;
  std::shared_ptr<Signals> signals;  // callbacks use it to the end
};

void close(Remains remains) {
  // Without this the destroy below never returns.
  for (const auto& [topic, partition] : remains.fetchers) rd_kafka_consume_stop(topic, partition);
  remains.queues.clear();
  remains.topics.clear();
  rd_kafka_destroy_flags(remains.client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  const std::lock_guard lock(remains.signals->mutex);
  remains.signals->closed = true;
  remains.signals->closing_over.notify_all();
}

}  // namespace

Result<std::unique_ptr<Client>> Client::create(Conf conf, Log& log) {
  auto signals = std::make_shared<Signals>();
  signals->log = &log;
  rd_kafka_conf_set_opaque(conf.get(), signals.get());
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_offset_commit_cb(conf.get(), on_commit);
  std::array<char, 512> text{};
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf.get(), text.data(), text.size());
  if (client == nullptr) {
    return reject(std::string("kafka: the connection's settings are refused: ") + text.data());
  }
  static_cast<void>(conf.release());  // the client's now
  return std::unique_ptr<Client>(new Client(client, std::move(signals), log));
}

Client::Client(rd_kafka_t* client, std::shared_ptr<Signals> signals, Log& log)
    : log_(log), signals_(std::move(signals)), client_(client) {}

Client::~Client() {
  std::thread(close, Remains{client_, std::move(topics_), std::move(queues_), std::move(fetchers_),
                             signals_})
      .detach();
  std::unique_lock lock(signals_->mutex);
  if (!signals_->closing_over.wait_for(lock, kCloseMax, [this] { return signals_->closed; })) {
    log_.warn("kafka: closing the connection takes over 10 s; it is left as it is");
  }
  signals_->log = nullptr;
}

rd_kafka_topic_t* Client::topic(const std::string& name, void* opaque) {
  rd_kafka_topic_conf_t* conf = rd_kafka_default_topic_conf_dup(client_);
  rd_kafka_topic_conf_set_opaque(conf, opaque);
  // Here, for as a property of the client it is warned about at each start.
  rd_kafka_topic_conf_set(conf, "auto.commit.enable", "false", nullptr, 0);
  topics_.emplace_back(rd_kafka_topic_new(client_, name.c_str(), conf));
  return topics_.back().get();
}

rd_kafka_queue_t* Client::queue() {
  queues_.emplace_back(rd_kafka_queue_new(client_));
  return queues_.back().get();
}

bool Client::start(rd_kafka_topic_t* topic, std::int32_t partition, std::int64_t offset,
                   rd_kafka_queue_t* queue) {
  if (rd_kafka_consume_start_queue(topic, partition, offset, queue) != 0) return false;
  const std::lock_guard lock(mutex_);
  fetchers_.emplace(topic, partition);
  return true;
}

void Client::stop(rd_kafka_topic_t* topic, std::int32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    if (fetchers_.erase({topic, partition}) == 0) return;
  }
  rd_kafka_consume_stop(topic, partition);
}

void Client::serve(Millis wait) { rd_kafka_poll(client_, static_cast<int>(wait.count())); }

std::uint64_t Client::suspicion() const {
  return signals_->suspicion.load(std::memory_order_acquire);
}

bool Client::take_all_down() { return signals_->all_down.exchange(false); }

std::string Client::last_trouble() const {
  const std::lock_guard lock(signals_->mutex);
  return signals_->trouble;
}

std::uint64_t Client::mirror_failures() const { return signals_->mirror_failures.load(); }

}  // namespace tocsin::kafka
