// SPDX-License-Identifier: Apache-2.0
#include "kafka/kafka_ingest.h"

#include <syslog.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "kafka/conf.h"
#include "kafka/handles.h"

namespace tocsin {
namespace {

using IngestHandle = std::unique_ptr<rd_kafka_t, Frees<rd_kafka_destroy>>;

constexpr int kServeMs = 100;

// A request whose records are on their way; each of them holds it.
struct Delivery {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = 0;              // guarded by mutex
  rd_kafka_resp_err_t failure = {};  // guarded by mutex; the first

  void done(std::size_t records, rd_kafka_resp_err_t error) {
    const std::lock_guard lock(mutex);
    left -= records;
    if (failure == RD_KAFKA_RESP_ERR_NO_ERROR) failure = error;
    changed.notify_all();
  }
};

// Exceptions end here: none may cross librdkafka's C.
void on_ingest_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<std::shared_ptr<Delivery>> delivery(
      static_cast<std::shared_ptr<Delivery>*>(message->_private));
  (*delivery)->done(1, message->err);
}

void on_ingest_log(const rd_kafka_t* handle, int level, const char*, const char* text) {
  if (level > LOG_WARNING) return;
  try {
    static_cast<Log*>(rd_kafka_opaque(handle))->warn(std::string("kafka: ") + text);
  } catch (...) {
  }
}

// A client of librdkafka and the thread that serves its callbacks.
class Producing {
 public:
  Producing(IngestHandle handle, kafka::TopicHandle topic)
      : handle_(std::move(handle)), topic_(std::move(topic)) {
    serving_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) rd_kafka_poll(handle_.get(), kServeMs);
    });
  }
  ~Producing() {
    serving_.request_stop();
    serving_.join();
    // Whoever waited was told to come again.
    rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_poll(handle_.get(), 0);
  }
  Producing(const Producing&) = delete;
  Producing& operator=(const Producing&) = delete;

  rd_kafka_resp_err_t send(std::string_view record, const std::shared_ptr<Delivery>& delivery) {
    auto held = std::make_unique<std::shared_ptr<Delivery>>(delivery);
    std::array<rd_kafka_vu_t, 4> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = topic_.get();
    fields[1].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[1].u.mem = {const_cast<char*>(record.data()), record.size()};
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[3].u.ptr = held.get();
    rd_kafka_error_t* failure = rd_kafka_produceva(handle_.get(), fields.data(), fields.size());
    const rd_kafka_resp_err_t error = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<void>(held.release());
    return error;
  }
  bool broken() const {
    return rd_kafka_fatal_error(handle_.get(), nullptr, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
  }

 private:
  IngestHandle handle_;
  kafka::TopicHandle topic_;  // dies before the handle
  std::jthread serving_;
};

Result<std::shared_ptr<Producing>> make_producing(const KafkaConfig& config,
                                                  const KafkaIngest::Target& target, Log& log) {
  auto conf = kafka::make_producer_conf(config, target.patience);
  if (!conf) return tl::unexpected(conf.error());
  rd_kafka_conf_set_opaque(conf->get(), &log);
  rd_kafka_conf_set_dr_msg_cb(conf->get(), on_ingest_delivery);
  rd_kafka_conf_set_log_cb(conf->get(), on_ingest_log);
  std::array<char, 512> text{};
  IngestHandle handle(rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), text.data(), text.size()));
  if (!handle) return reject(std::string("kafka: ") + text.data());
  static_cast<void>(conf->release());  // the handle's now
  kafka::TopicHandle into(rd_kafka_topic_new(handle.get(), target.topic.c_str(), nullptr));
  if (!into) return reject("kafka: \"" + target.topic + "\" is no name of a topic");
  return std::make_shared<Producing>(std::move(handle), std::move(into));
}

}  // namespace

struct KafkaIngest::State {
  KafkaConfig config;
  Target target;
  Log& log;
  std::mutex mutex;
  std::shared_ptr<Producing> producing;  // guarded by mutex
  // Nothing was taken last: then one request at a time finds out whether that is over, and the
  // others need not wait for it.
  std::atomic<bool> down{false}, probing{false};

  Result<std::shared_ptr<Producing>> client() {
    const std::lock_guard lock(mutex);
    // An idempotent producer of librdkafka 2.0.2 can break for good (confluentinc/librdkafka#4438).
    if (producing && producing->broken()) producing.reset();
    if (!producing) {
      auto made = make_producing(config, target, log);
      if (!made) return made;
      producing = std::move(*made);
    }
    return producing;
  }

  tl::unexpected<Error> not_taken(rd_kafka_resp_err_t error) const {
    if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      return reject("kafka: topic " + target.topic +
                    " takes no record as large as an event of it: raise its max.message.bytes");
    }
    return retry("kafka: topic " + target.topic + " takes nothing now (" + rd_kafka_err2str(error) +
                 ")");
  }
  Result<void> deliver(std::span<const std::string_view> records);
};

Result<void> KafkaIngest::State::deliver(std::span<const std::string_view> records) {
  const auto to = client();
  if (!to) return retry(to.error().message);
  const auto delivery = std::make_shared<Delivery>();
  delivery->left = records.size();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const rd_kafka_resp_err_t error = (*to)->send(records[i], delivery);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    delivery->done(records.size() - i, error);
    break;
  }
  std::unique_lock lock(delivery->mutex);
  // librdkafka gives each up then; a little more for those that it forgets.
  constexpr Millis kMore{5'000};
  delivery->changed.wait_for(lock, target.patience + kMore, [&] { return delivery->left == 0; });
  if (delivery->failure != RD_KAFKA_RESP_ERR_NO_ERROR) return not_taken(delivery->failure);
  if (delivery->left > 0) return not_taken(RD_KAFKA_RESP_ERR__TIMED_OUT);
  return {};
}

KafkaIngest::KafkaIngest(std::unique_ptr<State> state) : state_(std::move(state)) {}
KafkaIngest::~KafkaIngest() = default;

Result<std::unique_ptr<KafkaIngest>> KafkaIngest::open(const KafkaConfig& config,
                                                       const Target& target, Log& log) {
  std::unique_ptr<State> state(new State{config, target, log, {}, {}});
  auto connected = state->client();
  if (!connected) return tl::unexpected(connected.error());
  return std::unique_ptr<KafkaIngest>(new KafkaIngest(std::move(state)));
}

Result<void> KafkaIngest::append(std::span<const std::string_view> records) {
  for (const auto record : records) {
    if (record.empty() || record.size() > kRecordMax) {
      return reject("a record of " + std::to_string(record.size()) + " bytes: it must have 1 to " +
                    std::to_string(kRecordMax));
    }
  }
  const bool probe = state_->down;
  if (probe && state_->probing.exchange(true)) {
    return state_->not_taken(RD_KAFKA_RESP_ERR__TIMED_OUT);
  }
  auto delivered = state_->deliver(records);
  state_->down = !delivered && delivered.error().reaction == Reaction::retry;
  if (probe) state_->probing = false;
  return delivered;
}

}  // namespace tocsin
