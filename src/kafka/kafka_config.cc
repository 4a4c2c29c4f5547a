// SPDX-License-Identifier: Apache-2.0
#include "kafka/kafka_config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "kafka/conf.h"

namespace tocsin {
namespace {

using kafka::Conf;

// Of the whole client; each worker's queue has its share. More only costs memory: the waker keeps
// the fetcher going however small they are.
constexpr unsigned kQueueKbytes = 48 * 1024;
constexpr unsigned kQueueRecords = 100'000;

struct Owned {
  std::string_view name;  // a trailing dot: every property that begins with it
  std::string_view why;
};
constexpr std::array kOwned = {
    Owned{"bootstrap.servers", "write `brokers` instead"},
    Owned{"metadata.broker.list", "write `brokers` instead"},
    Owned{"group.id", "write `group` instead"},
    Owned{"security.protocol", "write `tls` and `sasl` instead"},
    Owned{"sasl.mechanism", "write `sasl: {mechanism: …}` instead"},
    Owned{"sasl.mechanisms", "write `sasl: {mechanism: …}` instead"},
    Owned{"sasl.username", "write `sasl: {user: …}` instead"},
    Owned{"sasl.password", "write `sasl: {password_file: …}` instead"},
    Owned{"enable.auto.commit", "offsets are kept with the state"},
    Owned{"auto.commit.enable", "offsets are kept with the state"},
    Owned{"enable.auto.offset.store", "offsets are kept with the state"},
    Owned{"auto.commit.interval.ms", "offsets are kept with the state"},
    Owned{"offset.store.", "offsets are kept with the state"},
    Owned{"auto.offset.reset",
          "records lost must be told; `start` says where the first run begins"},
    Owned{"isolation.level", "aborted transactions must not be counted"},
    Owned{"check.crcs", "damaged records must not be counted"},
    Owned{"enable.partition.eof", "catching up ends where a partition ends"},
    Owned{"allow.auto.create.topics", "reading must not create topics"},
    Owned{"client.rack", "reading from followers can stop for good with this librdkafka"},
    Owned{"partition.assignment.strategy", "partitions are assigned by Tocsin"},
    Owned{"plugin.library.paths", "it loads code into the engine"},
    Owned{"debug", "its log lines tell Tocsin when a topic must be verified"},
    Owned{"log_level", "its log lines tell Tocsin when a topic must be verified"},
};

const Owned* owned(std::string_view property) {
  for (const Owned& each : kOwned) {
    const bool prefix = each.name.back() == '.';
    if (prefix ? property.substr(0, each.name.size()) == each.name : property == each.name) {
      return &each;
    }
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool secret(std::string_view property) {
  return property.find("password") != property.npos || property.find("secret") != property.npos ||
         property.find("key.pem") != property.npos || property.find("sasl.oauth") != property.npos;
}

using Properties = std::vector<std::pair<std::string, std::string>>;

Properties engine_properties(const KafkaConfig& config) {
  const unsigned workers = std::max(config.workers, 1u);
  // A fetch brings one batch at least, however large.
  const char* fetch_bytes = config.careful ? "1" : "524288";
  return {
      {"bootstrap.servers", joined(config.brokers)},
      {"client.id", "tocsin"},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"check.crcs", "true"},
      {"isolation.level", "read_committed"},
      {"allow.auto.create.topics", "false"},
      {"enable.partition.eof", "true"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      // A topic that is gone is an error at once, so that its successor is verified before it is
      // read.
      {"topic.metadata.propagation.max.ms", "0"},
      {"queued.max.messages.kbytes", std::to_string(std::max(kQueueKbytes / workers, 4096u))},
      {"queued.min.messages", std::to_string(std::max(kQueueRecords / workers, 1000u))},
      // More halves the throughput; a larger record comes through all the same.
      {"fetch.message.max.bytes", fetch_bytes},
      {"fetch.max.bytes", "16777216"},
      {"receive.message.max.bytes", "67108864"},
      {"fetch.wait.max.ms", "100"},
      {"fetch.error.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "3000"},
      {"socket.timeout.ms", "20000"},
      // Nobody is a member of a group here; but librdkafka 2.0.2 waits this long when it is closed,
      // by default 45 s, for a coordinator to take the offsets mirrored last.
      {"session.timeout.ms", "1000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"log.connection.close", "false"},
      // client.cc listens for connections lost and leaders gone.
      {"debug", "broker,topic"},
  };
}

Result<void> add_security(const KafkaConfig& config, Properties& properties) {
  if (config.tls) {
    properties.emplace_back("ssl.endpoint.identification.algorithm", "https");
    if (!config.tls->ca_file.empty()) {
      properties.emplace_back("ssl.ca.location", config.tls->ca_file);
    }
  }
  const char* plain = config.tls ? "ssl" : "plaintext";
  if (!config.sasl) {
    properties.emplace_back("security.protocol", plain);
    return {};
  }
  const std::string mechanism = upper(config.sasl->mechanism);
  if (mechanism != "PLAIN" && mechanism != "SCRAM-SHA-256" && mechanism != "SCRAM-SHA-512") {
    return reject("kafka: sasl mechanism `" + config.sasl->mechanism +
                  "` is not built; use plain, scram-sha-256 or scram-sha-512");
  }
  if (config.sasl->user.empty()) return reject("kafka: `sasl` needs a `user`");
  properties.emplace_back("security.protocol", std::string("sasl_") + plain);
  properties.emplace_back("sasl.mechanism", mechanism);
  properties.emplace_back("sasl.username", config.sasl->user);
  properties.emplace_back("sasl.password", config.sasl->password);
  return {};
}

Result<void> check_names(const KafkaConfig& config) {
  if (config.brokers.empty()) return reject("kafka: `brokers` is empty; name one host:port");
  if (config.topics.empty()) return reject("kafka: `topics` is empty; name one topic");
  for (std::size_t i = 0; i < config.topics.size(); ++i) {
    const std::string& topic = config.topics[i];
    if (topic.empty()) return reject("kafka: a topic's name is empty");
    if (topic.front() == '^') {
      return reject("kafka: `" + topic + "` looks like a pattern; name the topics one by one");
    }
    if (std::find(config.topics.begin(), config.topics.begin() + static_cast<std::ptrdiff_t>(i),
                  topic) != config.topics.begin() + static_cast<std::ptrdiff_t>(i)) {
      return reject("kafka: topic `" + topic + "` is named twice");
    }
  }
  return {};
}

}  // namespace

namespace kafka {
Result<void> set_property(rd_kafka_conf_t* conf, const std::string& property,
                          const std::string& value) {
  std::array<char, 512> text{};
  const auto result =
      rd_kafka_conf_set(conf, property.c_str(), value.c_str(), text.data(), text.size());
  if (result == RD_KAFKA_CONF_OK) return {};
  if (result == RD_KAFKA_CONF_UNKNOWN) {
    return reject("kafka: `" + property + "` is no property this librdkafka knows; correct it");
  }
  // librdkafka's own text can quote the value.
  return reject("kafka: the value of `" + property + "` is not valid" +
                (secret(property) ? std::string() : std::string(": ") + text.data()));
}

Result<Conf> make_conf(const KafkaConfig& config) {
  if (auto names = check_names(config); !names) return tl::unexpected(names.error());
  Properties properties = engine_properties(config);
  if (auto added = add_security(config, properties); !added) return tl::unexpected(added.error());
  if (!config.group.empty()) properties.emplace_back("group.id", config.group);
  for (const auto& [name, value] : config.properties) {
    if (const Owned* taken = owned(name)) {
      return reject("kafka: property `" + name + "` is Tocsin's own: " + std::string(taken->why));
    }
    properties.emplace_back(name, value);
  }
  Conf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    if (auto done = set_property(conf.get(), name, value); !done)
      return tl::unexpected(done.error());
  }
  return conf;
}

Result<Conf> make_producer_conf(const KafkaConfig& config, Millis patience) {
  if (auto names = check_names(config); !names) return tl::unexpected(names.error());
  Properties properties(config.properties.begin(), config.properties.end());
  const Properties ours = {
      {"bootstrap.servers", joined(config.brokers)},
      {"client.id", "tocsin"},
      {"acks", "all"},
      {"enable.idempotence", "true"},
      {"message.timeout.ms", std::to_string(patience.count())},
      {"linger.ms", "1"},
      {"queue.buffering.max.kbytes", "65536"},
      {"allow.auto.create.topics", "false"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"reconnect.backoff.max.ms", "3000"},
      {"socket.timeout.ms", "10000"},
      {"socket.keepalive.enable", "true"},
      {"socket.nagle.disable", "true"},
      {"log.connection.close", "false"},
  };
  properties.insert(properties.end(), ours.begin(), ours.end());
  if (auto added = add_security(config, properties); !added) return tl::unexpected(added.error());
  Conf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : properties) {
    if (auto done = set_property(conf.get(), name, value); !done)
      return tl::unexpected(done.error());
  }
  return conf;
}

}  // namespace kafka

Result<void> validate(const KafkaConfig& config) {
  auto conf = kafka::make_conf(config);
  if (!conf) return tl::unexpected(conf.error());
  return {};
}

}  // namespace tocsin
