// SPDX-License-Identifier: Apache-2.0
#include "kafka/producer.h"

#include <array>
#include <mutex>

#include "kafka/conf.h"
#include "kafka/handles.h"

namespace tocsin {
namespace {

using Handle = std::unique_ptr<rd_kafka_t, Frees<rd_kafka_destroy>>;

constexpr int kPollEvery = 64;

}  // namespace

struct kafka::ProducerState {
  std::string brokers;
  std::uint64_t sent = 0, lost = 0;
  std::string why_lost;
  mutable std::mutex mutex;
  std::string trouble;  // guarded by mutex; what last went wrong with a broker
  Handle handle;
  kafka::TopicHandle topic;  // dies before the handle

  std::string last_trouble() const {
    const std::lock_guard lock(mutex);
    return trouble;
  }
  // Records that were lost are told by the next send() or flush().
  Result<void> told() const {
    if (lost == 0) return {};
    return stop("kafka: " + std::to_string(lost) + " records were not taken by " + brokers + ": " +
                why_lost);
  }
};

namespace {

// Callbacks run on the thread that polls, but for on_producer_log. Exceptions end here: none may
// cross librdkafka's C.

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto& state = *static_cast<kafka::ProducerState*>(opaque);
  ++state.lost;
  try {
    state.why_lost = rd_kafka_err2str(message->err);
  } catch (...) {
  }
}

void on_producer_log(const rd_kafka_t* handle, int, const char*, const char* text) {
  auto& state = *static_cast<kafka::ProducerState*>(rd_kafka_opaque(handle));
  try {
    const std::lock_guard lock(state.mutex);
    state.trouble = text;
  } catch (...) {
  }
}

Result<kafka::Conf> make_conf(const ProducerConfig& config) {
  kafka::Conf conf(rd_kafka_conf_new());
  std::map<std::string, std::string> properties = {
      {"bootstrap.servers", config.brokers},
      {"client.id", "tocsin-traffic"},
      {"linger.ms", "0"},
      {"allow.auto.create.topics", "false"},
      {"message.timeout.ms", "30000"},
      {"socket.nagle.disable", "true"},
      // A topic that is not there is known not to be at once.
      {"topic.metadata.propagation.max.ms", "0"},
  };
  for (const auto& [name, value] : config.properties) properties[name] = value;
  for (const auto& [name, value] : properties) {
    if (auto done = kafka::set_property(conf.get(), name, value); !done)
      return tl::unexpected(done.error());
  }
  rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
  rd_kafka_conf_set_log_cb(conf.get(), on_producer_log);
  return conf;
}

// Also spares the first record a second of waiting for the topic's leader.
Result<void> find_topic(rd_kafka_t* handle, rd_kafka_topic_t* topic, Millis wait) {
  const rd_kafka_metadata_t* answer = nullptr;
  const auto asked = rd_kafka_metadata(handle, 0, topic, &answer, static_cast<int>(wait.count()));
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return retry(rd_kafka_err2str(asked));
  const kafka::Metadata metadata(answer);
  const std::string name = rd_kafka_topic_name(topic);
  if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR &&
      metadata->topics[0].partition_cnt > 0) {
    return {};
  }
  return reject("kafka: topic " + name + " does not exist; create it first, then try again");
}

}  // namespace

Producer::Producer(std::unique_ptr<kafka::ProducerState> state) : state_(std::move(state)) {}

Producer::~Producer() {
  // What was not flushed is given up, so that destroying does not wait for brokers.
  rd_kafka_purge(state_->handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(state_->handle.get(), 0);
}

Result<std::unique_ptr<Producer>> Producer::create(const ProducerConfig& config, Millis wait) {
  auto conf = make_conf(config);
  if (!conf) return tl::unexpected(conf.error());
  auto state = std::make_unique<kafka::ProducerState>();
  state->brokers = config.brokers;
  rd_kafka_conf_set_opaque(conf->get(), state.get());
  std::array<char, 512> text{};
  state->handle.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), text.data(), text.size()));
  if (!state->handle) return reject(std::string("kafka: ") + text.data());
  static_cast<void>(conf->release());  // the handle's now
  state->topic.reset(rd_kafka_topic_new(state->handle.get(), config.topic.c_str(), nullptr));
  if (!state->topic) return reject("kafka: \"" + config.topic + "\" is no name of a topic");
  if (auto found = find_topic(state->handle.get(), state->topic.get(), wait); !found) {
    Error error = found.error();
    if (error.reaction == Reaction::retry) {
      const std::string trouble = state->last_trouble();
      error.message = "kafka: no broker answers at " + config.brokers + " (" +
                      (trouble.empty() ? error.message : trouble) + ")";
    }
    return tl::unexpected(error);
  }
  return std::unique_ptr<Producer>(new Producer(std::move(state)));
}

Result<void> Producer::send(const ProducerRecord& record) {
  std::array<rd_kafka_vu_t, 5> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = state_->topic.get();
  fields[1].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[1].u.i64 = to_ms(record.timestamp);
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  fields[2].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[3].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[4].u.i = RD_KAFKA_MSG_F_COPY;
  for (;;) {
    rd_kafka_error_t* failure =
        rd_kafka_produceva(state_->handle.get(), fields.data(), fields.size());
    const rd_kafka_resp_err_t error = rd_kafka_error_code(failure);
    rd_kafka_error_destroy(failure);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
    if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return stop(std::string("kafka: a record cannot be written: ") + rd_kafka_err2str(error));
    }
    rd_kafka_poll(state_->handle.get(), 10);
    if (auto told = state_->told(); !told) return told;
  }
  if (++state_->sent % kPollEvery == 0) rd_kafka_poll(state_->handle.get(), 0);
  return state_->told();
}

Result<void> Producer::flush(Millis wait) {
  const auto done = rd_kafka_flush(state_->handle.get(), static_cast<int>(wait.count()));
  if (auto told = state_->told(); !told) return told;
  if (done == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const std::string trouble = state_->last_trouble();
  return retry("kafka: " + state_->brokers + " has not taken every record" +
               (trouble.empty() ? std::string() : ": " + trouble));
}

}  // namespace tocsin
