// SPDX-License-Identifier: Apache-2.0
#include "kafka/kafka_config.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "kafka/conf.h"

using namespace tocsin;

namespace {

KafkaConfig minimal() {
  KafkaConfig config;
  config.brokers = {"k1.company.example:9093", "k2.company.example:9093"};
  config.topics = {"llm.requests"};
  return config;
}

std::string refusal(const KafkaConfig& config) {
  const auto result = validate(config);
  return result ? std::string() : result.error().message;
}

}  // namespace

TEST_CASE("A config with brokers and topics is enough") { CHECK(refusal(minimal()).empty()); }

TEST_CASE("TLS and every SASL mechanism that is built are taken") {
  auto config = minimal();
  config.tls = KafkaConfig::Tls{};
  config.sasl = KafkaConfig::Sasl{GENERATE("plain", "scram-sha-256", "SCRAM-SHA-512"), "u", "p"};
  CHECK(refusal(config).empty());
}

TEST_CASE("A mechanism that is not built is refused by name") {
  auto config = minimal();
  config.sasl = KafkaConfig::Sasl{"oauthbearer", "u", "p"};
  CHECK(refusal(config) ==
        "kafka: sasl mechanism `oauthbearer` is not built; use plain, scram-sha-256 or "
        "scram-sha-512");
}

TEST_CASE("Properties that are Tocsin's own are refused with the reason") {
  const auto* property =
      GENERATE("group.id", "enable.auto.commit", "enable.auto.offset.store", "isolation.level",
               "auto.offset.reset", "check.crcs", "bootstrap.servers", "sasl.password",
               "security.protocol", "debug", "plugin.library.paths", "offset.store.path",
               "client.rack", "enable.partition.eof", "allow.auto.create.topics");
  auto config = minimal();
  config.properties[property] = "x";
  CHECK_THAT(refusal(config), Catch::StartsWith("kafka: property `" + std::string(property) +
                                                "` is Tocsin's own: "));
}

TEST_CASE("The client passes over nothing, and reads nothing damaged or aborted") {
  const auto conf = kafka::make_conf(minimal());
  REQUIRE(conf);
  const auto value = [&](const char* property) {
    std::array<char, 64> text{};
    std::size_t size = text.size();
    REQUIRE(rd_kafka_conf_get(conf->get(), property, text.data(), &size) == RD_KAFKA_CONF_OK);
    return std::string(text.data());
  };
  CHECK(value("auto.offset.reset") == "error");
  CHECK(value("check.crcs") == "true");
  CHECK(value("isolation.level") == "read_committed");
  CHECK(value("enable.auto.commit") == "false");
}

TEST_CASE("Other properties are librdkafka's, and checked by it") {
  auto config = minimal();
  config.properties["fetch.wait.max.ms"] = "50";
  CHECK(refusal(config).empty());
  config.properties["fetch.wait.max.ms"] = "fast";
  CHECK_THAT(refusal(config), Catch::Contains("the value of `fetch.wait.max.ms` is not valid"));
  config = minimal();
  config.properties["fetch.wait.max.millis"] = "50";
  CHECK_THAT(refusal(config), Catch::Contains("`fetch.wait.max.millis` is no property"));
}

TEST_CASE("What is missing or doubled is refused") {
  auto config = minimal();
  config.brokers.clear();
  CHECK_THAT(refusal(config), Catch::Contains("`brokers` is empty"));
  config = minimal();
  config.topics.clear();
  CHECK_THAT(refusal(config), Catch::Contains("`topics` is empty"));
  config.topics = {"a", "b", "a"};
  CHECK_THAT(refusal(config), Catch::Contains("topic `a` is named twice"));
  config.topics = {"^llm.*"};
  CHECK_THAT(refusal(config), Catch::Contains("looks like a pattern"));
  config = minimal();
  config.sasl = KafkaConfig::Sasl{"plain", "", "p"};
  CHECK_THAT(refusal(config), Catch::Contains("needs a `user`"));
}

TEST_CASE("A secret is never in an error") {
  auto config = minimal();
  config.properties["ssl.key.password"] = "hunter2";
  config.properties["ssl.keystore.password"] = std::string("hunter2\0", 8);
  config.properties["sasl.oauthbearer.client.secret"] = "hunter2";
  config.properties["fetch.wait.max.ms"] = "-1";
  CHECK_FALSE(refusal(config).empty());
  CHECK_THAT(refusal(config), !Catch::Contains("hunter2"));
}
