// SPDX-License-Identifier: Apache-2.0
#include "contract/ingest_log_contract.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "file/local_log_source.h"
#include "kafka/embedded_broker.h"
#include "kafka/kafka_ingest.h"
#include "kafka/reading.h"
#include "support/manual_clock.h"
#include "support/memory_ingest_log.h"
#include "support/temporary_directory.h"

namespace tocsin {
namespace {

using contract::Values;

class InMemory final : public contract::ReadableIngestLog {
 public:
  IngestLog& log() override { return log_; }
  void reopen() override {}
  Values sorted(std::size_t) override {
    Values values = log_.records();
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  MemoryIngestLog log_;
};

class InFiles final : public contract::ReadableIngestLog {
 public:
  InFiles() { open(); }
  IngestLog& log() override { return *log_; }
  void reopen() override {
    log_.reset();
    open();
  }
  Values sorted(std::size_t) override {
    Values values;
    LogReader reader(log_->folder(), 0);
    while (reader.next_offset() < log_->end()) {
      const auto step = reader.next(log_->end());
      REQUIRE(step);
      REQUIRE(*step);
      for (const auto value : (*step)->values) values.emplace_back(value);
    }
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  void open() {
    LocalLogConfig config;
    config.folder = directory_ / "log";
    config.segment_bytes = 4096;
    auto opened = LocalLog::open(std::move(config), clock_);
    REQUIRE(opened);
    log_ = std::move(*opened);
  }

  TemporaryDirectory directory_;
  ManualClock clock_;
  std::unique_ptr<LocalLog> log_;
};

class InKafka final : public contract::ReadableIngestLog {
 public:
  InKafka() {
    auto broker = EmbeddedBroker::start({"sent"}, silent_);
    REQUIRE(broker);
    broker_ = std::move(*broker);
    config_.brokers = {broker_->address()};
    config_.topics = {"sent"};
    reopen();
  }
  IngestLog& log() override { return *log_; }
  void reopen() override {
    auto opened = KafkaIngest::open(config_, {"sent"}, silent_);
    REQUIRE(opened);
    log_ = std::move(*opened);
  }
  Values sorted(std::size_t count) override {
    Reading reading(config_);
    REQUIRE(reading.until_count(count));
    Values values = reading.values[{"sent", 0}];
    std::sort(values.begin(), values.end());
    return values;
  }

 private:
  SilentLog silent_;
  KafkaConfig config_;
  std::unique_ptr<EmbeddedBroker> broker_;
  std::unique_ptr<KafkaIngest> log_;
};

template <class Log>
contract::MakeIngestLog each_new() {
  return [] { return std::make_unique<Log>(); };
}

}  // namespace

TEST_CASE("MemoryIngestLog appends as the contract says") {
  contract::check_appending(each_new<InMemory>());
  contract::check_appending_at_once(each_new<InMemory>());
}
TEST_CASE("LocalLog appends as the contract says") {
  contract::check_appending(each_new<InFiles>());
}
TEST_CASE("LocalLog is appended to by many at once as the contract says") {
  contract::check_appending_at_once(each_new<InFiles>());
}
TEST_CASE("KafkaIngest appends as the contract says") {
  contract::check_appending(each_new<InKafka>());
}
TEST_CASE("KafkaIngest is appended to by many at once as the contract says") {
  contract::check_appending_at_once(each_new<InKafka>());
}

TEST_CASE("Where no broker answers KafkaIngest says so within its patience") {
  SilentLog silent;
  KafkaConfig config;
  config.brokers = {"127.0.0.1:1"};
  config.topics = {"sent"};
  config.properties["message.timeout.ms"] = "600000";  // ours holds
  auto log = KafkaIngest::open(config, {"sent", Millis{200}}, silent);
  REQUIRE(log);
  for (int i = 0; i < 3; ++i) {
    const auto refused = contract::try_append(**log, {"a"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reaction == Reaction::retry);
    CHECK_THAT(refused.error().message, Catch::StartsWith("kafka: topic sent takes nothing now ("));
    CHECK_THAT(refused.error().message, Catch::Contains("Message timed out"));  // it was tried
  }
}

TEST_CASE("While it is known that no broker answers, one request at a time waits for one") {
  SilentLog silent;
  KafkaConfig config;
  config.brokers = {"127.0.0.1:1"};
  config.topics = {"sent"};
  auto log = KafkaIngest::open(config, {"sent", Millis{500}}, silent);
  REQUIRE(log);
  CHECK_FALSE(contract::try_append(**log, {"a"}));
  std::atomic<int> tried{0}, spared{0};
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 8; ++i) {
      senders.emplace_back([&] {
        const auto refused = contract::try_append(**log, {"a"});
        if (refused) return;
        const bool waited = refused.error().message.find("Message timed out") != std::string::npos;
        ++(waited ? tried : spared);
      });
    }
  }
  CHECK(tried + spared == 8);
  CHECK(tried >= 1);
  CHECK(spared >= 1);
}

TEST_CASE("A record that the topic takes at no size is refused for good, with what to raise") {
  SilentLog silent;
  KafkaConfig config;
  config.brokers = {"127.0.0.1:1"};
  config.topics = {"sent"};
  config.properties["message.max.bytes"] = "1000";
  auto log = KafkaIngest::open(config, {"sent", Millis{200}}, silent);
  REQUIRE(log);
  const auto refused = contract::try_append(**log, {std::string(2000, 'x')});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reaction == Reaction::reject);
  CHECK_THAT(refused.error().message, Catch::Contains("raise its max.message.bytes"));
}

}  // namespace tocsin
