// SPDX-License-Identifier: Apache-2.0
#include "kafka/glance.h"

#include <catch2/catch.hpp>

#include "kafka/embedded_broker.h"
#include "kafka/producer.h"
#include "reading.h"

namespace {

using namespace tocsin;

constexpr Millis kGlanceWait{10'000};

Result<TopicGlance> glance(const std::string& broker, const std::string& topic,
                           Millis timeout = kGlanceWait) {
  KafkaConfig config;
  config.brokers = {broker};
  config.topics = {topic};
  const RealClock clock;
  SilentLog log;
  return glance_at_topic(config, timeout, clock, log);
}

}  // namespace

TEST_CASE("A glance at a topic shows its partitions, its records and one of the last") {
  SilentLog log;
  const auto broker = EmbeddedBroker::start({"requests"}, log);
  REQUIRE(broker);
  const auto producer = Producer::create({(*broker)->address(), "requests", {}}, kGlanceWait);
  REQUIRE(producer);
  for (int i = 0; i < 25; ++i) {
    REQUIRE(
        (*producer)->send({event_time_ms(1'795'168'800'000), "", "request " + std::to_string(i)}));
  }
  REQUIRE((*producer)->flush(kGlanceWait));
  const auto seen = glance((*broker)->address(), "requests");
  REQUIRE(seen);
  CHECK(seen->partitions == 1);
  CHECK(seen->records == 25);
  CHECK(seen->sample == "request 15");
}

TEST_CASE("A glance at a topic that is not there names those that are, and makes none") {
  SilentLog log;
  const auto broker = EmbeddedBroker::start({"requests"}, log);
  REQUIRE(broker);
  for (int time = 0; time < 2; ++time) {
    const auto seen = glance((*broker)->address(), "request");
    REQUIRE(seen);
    CHECK(seen->partitions == 0);
    CHECK(seen->others == std::vector<std::string>{"requests"});
  }
}

TEST_CASE("A glance at an empty topic has no sample, and one at nobody says why") {
  SilentLog log;
  const auto broker = EmbeddedBroker::start({"requests"}, log);
  REQUIRE(broker);
  const auto seen = glance((*broker)->address(), "requests");
  REQUIRE(seen);
  CHECK(seen->records == 0);
  CHECK_FALSE(seen->sample);
  const auto nobody = glance("127.0.0.1:1", "requests", Millis{300});
  REQUIRE_FALSE(nobody);
  CHECK_THAT(nobody.error().message, Catch::Contains("refused"));
}
