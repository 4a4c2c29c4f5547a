// SPDX-License-Identifier: Apache-2.0
// The trial's Kafka with the trial's producer, read by the engine's own source.
#include "kafka/embedded_broker.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "kafka/producer.h"
#include "reading.h"

namespace {

using namespace tocsin;

constexpr Millis kWait{10'000};
constexpr EventTime kTime = event_time_ms(1'795'168'800'123);

struct Trial {
  explicit Trial(const std::vector<std::string>& topics = {"requests"}) {
    auto started = EmbeddedBroker::start(topics, log);
    REQUIRE(started);
    broker = std::move(*started);
  }
  std::unique_ptr<Producer> producer(const std::string& topic = "requests") const {
    auto made = Producer::create({broker->address(), topic, {}}, kWait);
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    return std::move(*made);
  }
  KafkaConfig config(const std::string& topic = "requests") const {
    KafkaConfig config;
    config.brokers = {broker->address()};
    config.topics = {topic};
    return config;
  }

  SilentLog log;
  std::unique_ptr<EmbeddedBroker> broker;
};

}  // namespace

TEST_CASE("What is written to the embedded broker is read from it, in order") {
  Trial trial;
  CHECK_THAT(trial.broker->address(), Catch::StartsWith("127.0.0.1:"));
  const auto producer = trial.producer();
  std::vector<std::string> sent;
  for (int i = 0; i < 500; ++i) {
    sent.push_back("request " + std::to_string(i));
    REQUIRE(producer->send({kTime, "user-1", sent.back()}));
  }
  REQUIRE(producer->flush(kWait));
  Reading reading(trial.config());
  REQUIRE(reading.until_count(sent.size()));
  CHECK(reading.values[{"requests", 0}] == sent);
}

TEST_CASE("A reader that comes back goes on where it was, as after a kill") {
  Trial trial;
  const auto producer = trial.producer();
  REQUIRE(producer->send({kTime, "", "first"}));
  REQUIRE(producer->flush(kWait));
  KafkaKnown known;
  {
    Reading reading(trial.config());
    REQUIRE(reading.until_count(1));
    known = reading.known();
  }
  REQUIRE(producer->send({kTime, "", "second"}));
  REQUIRE(producer->flush(kWait));
  Reading reading(trial.config(), known);
  REQUIRE(reading.until_count(1));
  CHECK(reading.values[{"requests", 0}] == std::vector<std::string>{"second"});
}

TEST_CASE("Two embedded brokers are two clusters") {
  Trial one, other;
  CHECK(one.broker->address() != other.broker->address());
}

TEST_CASE("Where no broker answers the producer says who was asked") {
  const auto made = Producer::create({"127.0.0.1:1", "requests", {}}, Millis{500});
  REQUIRE(!made);
  CHECK(made.error().reaction == Reaction::retry);
  CHECK_THAT(made.error().message, Catch::StartsWith("kafka: no broker answers at 127.0.0.1:1 ("));
}

TEST_CASE("A property that librdkafka does not know is refused by name") {
  const auto made = Producer::create({"127.0.0.1:1", "requests", {{"linger.mz", "1"}}}, kWait);
  REQUIRE(!made);
  CHECK(made.error().reaction == Reaction::reject);
  CHECK_THAT(made.error().message, Catch::Contains("linger.mz"));
}
