// SPDX-License-Identifier: Apache-2.0
// KafkaSource against librdkafka's mock cluster, which lives in this process and fails on demand.
#include "kafka/kafka_source.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reading.h"

namespace {

using namespace tocsin;
using Kind = SourceNotice::Kind;
using Strings = std::vector<std::string>;

constexpr std::int16_t kFetch = 1;
constexpr std::int16_t kListOffsets = 2;

struct Destroy {
  void operator()(rd_kafka_t* client) const noexcept { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;

Client producer(const std::string& brokers) {
  std::array<char, 512> text{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t*, int, const char*, const char*) {});
  if (!brokers.empty()) {
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), text.data(), text.size());
  }
  rd_kafka_t* made = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text.data(), text.size());
  REQUIRE(made != nullptr);
  return Client(made);
}

// The macros of rd_kafka_producev cast as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
class MockKafka {
 public:
  explicit MockKafka(int partitions = 2) {
    host_ = producer("");
    cluster_ = rd_kafka_mock_cluster_new(host_.get(), 1);
    REQUIRE(cluster_ != nullptr);
    rd_kafka_mock_topic_create(cluster_, "events", partitions, 1);
    producer_ = producer(brokers());
    // Else its first record waits a second for the topic.
    const rd_kafka_metadata_t* metadata = nullptr;
    REQUIRE(rd_kafka_metadata(producer_.get(), 1, nullptr, &metadata, 10'000) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_metadata_destroy(metadata);
  }
  ~MockKafka() {
    producer_.reset();
    rd_kafka_mock_cluster_destroy(cluster_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::string brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }
  rd_kafka_mock_cluster_t* cluster() { return cluster_; }

  void produce(int partition, const Strings& values) {
    for (const auto& value : values) {
      REQUIRE(rd_kafka_producev(
                  producer_.get(), RD_KAFKA_V_TOPIC("events"), RD_KAFKA_V_PARTITION(partition),
                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(1'763'632'800'123),
                  RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                  RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    REQUIRE(rd_kafka_flush(producer_.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void fail_next_fetches(const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, kFetch, errors.size(), errors.data());
  }
  struct Header {
    std::string name, value;
  };
  // With a null key where there is none.
  void produce(const std::optional<std::string>& key, const std::vector<Header>& headers) {
    rd_kafka_headers_t* all = rd_kafka_headers_new(headers.size());
    for (const auto& [name, value] : headers) {
      rd_kafka_header_add(all, name.c_str(), -1, value.data(), std::ssize(value));
    }
    const char* const bytes = key ? key->data() : nullptr;
    const std::size_t size = key ? key->size() : 0;
    REQUIRE(rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC("events"), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                              RD_KAFKA_V_KEY(const_cast<char*>(bytes), size),
                              RD_KAFKA_V_VALUE(const_cast<char*>("{}"), 2), RD_KAFKA_V_HEADERS(all),
                              RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
    REQUIRE(rd_kafka_flush(producer_.get(), 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // Of the next look-ups of offsets the first is answered at once, the second after `delay`.
  void answer_second_look_up_after(Millis delay) {
    rd_kafka_mock_broker_push_request_error_rtts(
        cluster_, 1, kListOffsets, 2, RD_KAFKA_RESP_ERR_NO_ERROR, 0, RD_KAFKA_RESP_ERR_NO_ERROR,
        static_cast<int>(delay.count()));
  }
  void set_down(bool down) {
    if (down) {
      rd_kafka_mock_broker_set_down(cluster_, 1);
    } else {
      rd_kafka_mock_broker_set_up(cluster_, 1);
    }
  }

  KafkaConfig config() const {
    KafkaConfig config;
    config.brokers = {brokers()};
    config.topics = {"events"};
    return config;
  }

 private:
  Client host_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  Client producer_;
};

#pragma GCC diagnostic pop

Strings numbered(const std::string& prefix, int from, int until) {
  Strings values;
  for (int i = from; i < until; ++i) values.push_back(prefix + std::to_string(i));
  return values;
}

const PartitionName kFirst{"events", 0};
const PartitionName kSecond{"events", 1};

}  // namespace

TEST_CASE("Every record of every partition comes once, in order, to the partition's worker") {
  MockKafka kafka(3);
  for (int p = 0; p < 3; ++p) kafka.produce(p, numbered("v", 0, 500));
  auto config = kafka.config();
  config.workers = GENERATE(1u, 2u);
  Reading reading(config);
  REQUIRE(reading.until_notice(Kind::at_end, 3));
  for (int p = 0; p < 3; ++p) CHECK(reading.values[{"events", p}] == numbered("v", 0, 500));
  CHECK(reading.count(Kind::begins) == 3);
  CHECK(reading.count(Kind::reachable) + reading.count(Kind::unreachable) == 0);
  CHECK(reading.last(Kind::at_end).offset == 500);
  CHECK_THAT(reading.source->identity(), Catch::StartsWith("kafka:mock"));
}

TEST_CASE("A record's key and headers are read as they came, the last of one name") {
  MockKafka kafka(1);
  const std::string bytes("a\0\xff", 3);
  kafka.produce(bytes, {{"team", "first"}, {"Team", "other"}, {"team", bytes}, {"empty", ""}});
  kafka.produce(std::nullopt, {});
  Reading reading(kafka.config());
  reading.on_record = [&](const Record& record) {
    REQUIRE(record.envelope != nullptr);
    const RecordEnvelope& envelope = *record.envelope;
    const bool first = record.offset == 0;
    CHECK(envelope.key(record) == (first ? std::optional<std::string_view>(bytes) : std::nullopt));
    CHECK(envelope.header(record, "team") ==
          (first ? std::optional<std::string_view>(bytes) : std::nullopt));
    CHECK(envelope.header(record, "Team") ==
          (first ? std::optional<std::string_view>("other") : std::nullopt));
    CHECK(envelope.header(record, "empty") ==
          (first ? std::optional<std::string_view>("") : std::nullopt));
    CHECK_FALSE(envelope.header(record, "absent"));
  };
  REQUIRE(reading.until_count(2));
}

TEST_CASE("What is appended while a first start by time looks for its place is read") {
  MockKafka kafka(1);
  kafka.answer_second_look_up_after(Millis{800});
  auto config = kafka.config();
  config.start = {KafkaStart::Kind::time, event_time_ms(1'763'632'800'000)};
  Reading reading(config);
  reading.idle(Millis{400});  // the second is asked by now, and not answered
  kafka.produce(0, {"first"});
  REQUIRE(reading.until_count(1));
  CHECK(reading.values[{"events", 0}] == Strings{"first"});
}

TEST_CASE("A start by time can be some records earlier, as far as the log goes") {
  MockKafka kafka(1);
  kafka.produce(0, numbered("v", 0, 10));
  const auto [before, first] = GENERATE(table<std::int64_t, int>({{3, 7}, {11, 0}}));
  auto config = kafka.config();
  config.start = {KafkaStart::Kind::time, event_time_ms(1'763'632'800'000), before};
  Reading reading(config);
  REQUIRE(reading.until_notice(Kind::at_end, 1));
  CHECK(reading.values[{"events", 0}] == numbered("v", first, 10));
}

TEST_CASE("A restart goes on behind the last record delivered") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 10));
  KafkaKnown known;
  {
    Reading before(kafka.config());
    REQUIRE(before.until_notice(Kind::at_end, 2));
    known = before.known();
  }
  CHECK(known.positions.at(kFirst).next_offset == 10);
  CHECK(known.positions.at(kSecond).next_offset == 0);
  kafka.produce(0, numbered("v", 10, 20));
  Reading after(kafka.config(), known);
  REQUIRE(after.until_notice(Kind::at_end, 2));
  CHECK(after.values[kFirst] == numbered("v", 10, 20));
  CHECK(after.count(Kind::begins) == 0);
  CHECK(after.count(Kind::unverified) == 0);
}

TEST_CASE("A last record that is another one halts its partition, and no other") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 10));
  kafka.produce(1, numbered("w", 0, 10));
  Reading before(kafka.config());
  REQUIRE(before.until_count(20));
  auto known = before.known();
  known.positions[kFirst].last_record_hash ^= 1;
  kafka.produce(0, {"next"});
  kafka.produce(1, {"next"});
  Reading after(kafka.config(), known);
  REQUIRE(after.until_notice(Kind::halted));
  REQUIRE(after.until_notice(Kind::at_end));
  CHECK(after.values[kSecond] == Strings{"next"});
  CHECK(after.values.count(kFirst) == 0);
  CHECK_THAT(after.last(Kind::halted).text,
             Catch::Contains("events[0]: the topic was re-created or rewritten"));
}

TEST_CASE("A log that ends before the position halts its partition") {
  MockKafka kafka(1);
  kafka.produce(0, numbered("v", 0, 3));
  KafkaKnown known;
  known.positions[kFirst] = {5, 4, 123};
  Reading reading(kafka.config(), known);
  REQUIRE(reading.until_notice(Kind::halted));
  CHECK(reading.total == 0);
  CHECK_THAT(reading.last(Kind::halted).text, Catch::Contains("ends at offset 3"));
}

TEST_CASE("Offsets that are gone are told as lost, and reading goes on behind them") {
  MockKafka kafka(1);
  // The mock keeps about 5 MB of a partition.
  const std::string large(100'000, 'x');
  for (int i = 0; i < 80; ++i) kafka.produce(0, {large});
  KafkaKnown known;
  known.positions[kFirst] = {1, 0, 123};
  Reading reading(kafka.config(), known);
  REQUIRE(reading.until_notice(Kind::lost));
  const auto lost = reading.last(Kind::lost);
  CHECK(lost.lost_from == 1);
  CHECK(lost.lost_until > 1);
  REQUIRE(reading.until_notice(Kind::at_end));
  CHECK(reading.offsets[kFirst].front() == lost.lost_until);
  CHECK(reading.offsets[kFirst].back() == 79);
}

TEST_CASE("The first start can be at the end, of all partitions or of none") {
  MockKafka kafka;
  kafka.produce(0, numbered("old", 0, 5));
  auto config = kafka.config();
  config.start.kind = KafkaStart::Kind::latest;
  KafkaKnown known;
  {
    Reading first(config);
    REQUIRE(first.until_notice(Kind::begins, 2));
    CHECK(first.positions[kFirst].next_offset == 5);
    known = first.known();
  }
  // The second partition had no record, but its start was told, so it does not start anew.
  kafka.produce(0, {"new"});
  kafka.produce(1, {"new"});
  Reading second(config, known);
  REQUIRE(second.until_count(2));
  second.idle(Millis{200});
  CHECK(second.values[kFirst] == Strings{"new"});
  CHECK(second.values[kSecond] == Strings{"new"});
}

TEST_CASE("A partition that is new in a known topic is read from its beginning") {
  MockKafka kafka;
  kafka.produce(0, {"a"});
  kafka.produce(1, {"b"});
  KafkaKnown known;
  known.positions[kFirst] = {0, -1, 0};
  auto config = kafka.config();
  config.start.kind = KafkaStart::Kind::latest;
  Reading reading(config, known);
  REQUIRE(reading.until_count(2));
  CHECK(reading.count(Kind::partition_added) == 1);
  CHECK(reading.values[kSecond] == Strings{"b"});
}

TEST_CASE("Another cluster than the state was counted from stops the source") {
  MockKafka kafka;
  kafka.produce(0, {"a"});
  Reading reading(kafka.config(), {{}, "kafka:another"});
  REQUIRE(reading.until([&] { return !reading.errors.empty(); }));
  CHECK(reading.errors.front().reaction == Reaction::stop);
  CHECK_THAT(reading.errors.front().message, Catch::Contains("was counted from kafka:another"));
  CHECK(reading.total == 0);
}

TEST_CASE("A broker that is not there at first is told once, and read when it comes") {
  MockKafka kafka;
  kafka.produce(0, {"a"});
  kafka.set_down(true);
  Reading reading(kafka.config());
  REQUIRE(reading.until_notice(Kind::unreachable));
  CHECK_THAT(reading.last(Kind::unreachable).text, Catch::Contains("cannot be reached"));
  CHECK(reading.source->identity().empty());
  CHECK(reading.source->partitions().empty());
  reading.idle(Millis{2500});
  CHECK(reading.count(Kind::unreachable) == 1);
  kafka.set_down(false);
  REQUIRE(reading.until_notice(Kind::reachable));
  REQUIRE(reading.until_count(1));
}

TEST_CASE("A broker that goes and comes again costs no record and doubles none") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 100));
  Reading reading(kafka.config());
  REQUIRE(reading.until_count(100));
  kafka.set_down(true);
  REQUIRE(reading.until_notice(Kind::unreachable));
  kafka.set_down(false);
  REQUIRE(reading.until_notice(Kind::reachable));
  kafka.produce(0, numbered("v", 100, 200));
  REQUIRE(reading.until_count(200));
  CHECK(reading.values[kFirst] == numbered("v", 0, 200));
  CHECK(reading.count(Kind::unreachable) == 1);
  CHECK(reading.count(Kind::halted) == 0);
}

TEST_CASE("Errors of fetches cost no record and double none") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 100));
  Reading reading(kafka.config());
  REQUIRE(reading.until_count(100));
  const auto error =
      GENERATE(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
               RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, RD_KAFKA_RESP_ERR_UNKNOWN,
               RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
               RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR);
  INFO(rd_kafka_err2name(error));
  kafka.fail_next_fetches({error, error});
  kafka.produce(0, numbered("v", 100, 200));
  REQUIRE(reading.until_count(200));
  reading.idle(Millis{100});
  CHECK(reading.values[kFirst] == numbered("v", 0, 200));
  CHECK(reading.count(Kind::halted) == 0);
  CHECK(reading.count(Kind::lost) == 0);
}

TEST_CASE("The ends of all partitions are told when asked, also when asked before they are known") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 7));
  Reading reading(kafka.config());
  reading.source->request_end_offsets();
  REQUIRE(reading.until_notice(Kind::end_offset, 2));
  std::map<PartitionIndex, std::int64_t> ends;
  for (const auto& each : reading.notices) {
    if (each.kind == Kind::end_offset) ends[*each.partition] = each.offset;
  }
  CHECK(ends == std::map<PartitionIndex, std::int64_t>{{0, 7}, {1, 0}});
  reading.source->request_end_offsets();
  REQUIRE(reading.until_notice(Kind::end_offset, 4));
}

TEST_CASE("Watermarks say what each log holds, for reading a range of it") {
  MockKafka kafka;
  kafka.produce(1, numbered("v", 0, 7));
  Reading reading(kafka.config());
  const auto ranges = reading.source->watermarks(Millis{10'000});
  REQUIRE(ranges);
  REQUIRE(ranges->size() == 2);
  CHECK(ranges->at(kFirst).high == 0);
  CHECK(ranges->at(kSecond).low == 0);
  CHECK(ranges->at(kSecond).high == 7);
}

TEST_CASE("A record carries its timestamp, and lives until its worker's next poll") {
  MockKafka kafka(1);
  kafka.produce(0, {"value"});
  const auto opened = Reading(kafka.config());
  std::vector<SourceNotice> notices;
  for (int i = 0; i < 1000; ++i) {
    const auto records = opened.source->poll(0, 10, Millis{20}, notices);
    REQUIRE(records);
    if (records->empty()) continue;
    CHECK((*records)[0].value == "value");
    CHECK(to_ms((*records)[0].timestamp) == 1'763'632'800'123);
    CHECK((*records)[0].has_timestamp);
    CHECK_FALSE((*records)[0].log_append_time);
    return;
  }
  FAIL("no record came");
}

TEST_CASE("A source can be closed at any moment") {
  MockKafka kafka;
  kafka.produce(0, numbered("v", 0, 1000));
  for (int i = 0; i < 10; ++i) {
    Reading reading(kafka.config());
    reading.idle(Millis{i * 10});
  }
}

TEST_CASE("A config that cannot work is refused at once") {
  const RealClock clock;
  SilentLog log;
  KafkaConfig config;
  config.brokers = {"127.0.0.1:1"};
  config.topics = {"events"};
  config.tls = KafkaConfig::Tls{"/nonexistent/ca.pem"};
  const auto opened = KafkaSource::open(config, {}, {clock, log});
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reaction == Reaction::reject);
  CHECK_THAT(opened.error().message, Catch::Contains("/nonexistent/ca.pem"));
}

namespace {

// Advises what it is told to, and remembers what it was told.
class ScriptedGuard final : public ReadingGuard {
 public:
  Advice advise(const PartitionName& partition, std::int64_t next_offset) override {
    const std::lock_guard lock(mutex_);
    const auto found = advice_.find(partition);
    Advice advice = found == advice_.end() ? Advice{} : found->second;
    if (advice.skip_until && *advice.skip_until <= next_offset) return {};
    if (advice.deadly && *advice.deadly < next_offset) advice.deadly.reset();
    return advice;
  }
  void begins(const PartitionName& partition, std::int64_t) override {
    const std::lock_guard lock(mutex_);
    unproven_.insert(partition);
    most_ = std::max(most_, unproven_.size());
  }
  void sync() override {}
  void lets_go(const PartitionName& partition) override { prove(partition); }
  void halted(const PartitionName& partition, std::int64_t next_offset) override {
    const std::lock_guard lock(mutex_);
    halted_[partition] = next_offset;
  }
  bool unproven(const PartitionName& partition) const override {
    const std::lock_guard lock(mutex_);
    return unproven_.contains(partition);
  }
  std::size_t unproven_count() const override { return 1; }
  void passed(const PartitionName&, std::int64_t) override {}
  void at_end(const PartitionName&) override {}
  std::int32_t slot(const PartitionName&) override { return -1; }
  RecordMark* mark(std::size_t) override { return nullptr; }

  void set(const PartitionName& partition, const Advice& advice) {
    const std::lock_guard lock(mutex_);
    advice_[partition] = advice;
  }
  void prove(const PartitionName& partition) {
    const std::lock_guard lock(mutex_);
    unproven_.erase(partition);
  }
  std::map<PartitionName, std::int64_t> halted() const {
    const std::lock_guard lock(mutex_);
    return halted_;
  }
  std::size_t most_unproven() const {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<PartitionName, Advice> advice_;
  std::set<PartitionName> unproven_;
  std::size_t most_ = 0;
  std::map<PartitionName, std::int64_t> halted_;
};

KafkaKnown known_at(std::int64_t first, std::int64_t second) {
  return {{{kFirst, {first, -1, 0}}, {kSecond, {second, -1, 0}}}, {}};
}

}  // namespace

TEST_CASE("Where the process died three times nothing is read, and the others are") {
  MockKafka kafka;
  kafka.produce(0, numbered("a", 0, 10));
  kafka.produce(1, numbered("b", 0, 10));
  ScriptedGuard guard;
  guard.set(kFirst, {3, {}, {}});
  Reading reading(kafka.config(), known_at(4, 0), &guard);
  REQUIRE(reading.until_count(10));
  REQUIRE(reading.until_notice(Kind::halted));
  CHECK(reading.values[kFirst].empty());
  CHECK(reading.values[kSecond] == numbered("b", 0, 10));
  CHECK_THAT(reading.last(Kind::halted).text, Catch::Contains("from offset 4"));
  CHECK_THAT(reading.last(Kind::halted).advice, Catch::Contains("tocsin skip events 0"));
  CHECK(guard.halted() == std::map<PartitionName, std::int64_t>{{kFirst, 4}});
}

TEST_CASE("What a person skips is told as lost, and the rest is read, exactly") {
  MockKafka kafka;
  kafka.produce(0, numbered("a", 0, 10));
  ScriptedGuard guard;
  guard.set(kFirst, {3, {}, {}});
  Reading reading(kafka.config(), known_at(4, 0), &guard);
  REQUIRE(reading.until_notice(Kind::halted));
  guard.set(kFirst, {3, {}, 7});
  REQUIRE(reading.until_count(3));
  CHECK(reading.values[kFirst] == numbered("a", 7, 10));
  CHECK(reading.count(Kind::resumed) == 1);
  CHECK(reading.last(Kind::lost).lost_from == 4);
  CHECK(reading.last(Kind::lost).lost_until == 7);
}

TEST_CASE("Before a record that kills its partition halts, and all before it is read") {
  MockKafka kafka;
  kafka.produce(0, numbered("a", 0, 10));
  ScriptedGuard guard;
  const std::int64_t deadly = GENERATE(6, 2);
  guard.set(kFirst, {3, deadly, {}});
  Reading reading(kafka.config(), known_at(2, 0), &guard);
  REQUIRE(reading.until_notice(Kind::halted));
  reading.idle(Millis{200});
  CHECK(reading.values[kFirst] == numbered("a", 2, static_cast<int>(deadly)));
  CHECK_THAT(reading.last(Kind::halted).text,
             Catch::Contains("the record with offset " + std::to_string(deadly)));
  guard.set(kFirst, {0, {}, deadly + 1});
  REQUIRE(reading.until_count(7));
  CHECK(reading.values[kFirst].back() == "a9");
  CHECK(reading.last(Kind::lost).lost_from == deadly);
}

TEST_CASE("Partitions in which the process may have died are begun one after another") {
  MockKafka kafka;
  kafka.produce(0, numbered("a", 0, 10));
  kafka.produce(1, numbered("b", 0, 10));
  ScriptedGuard guard;
  guard.set(kFirst, {1, {}, {}});
  SECTION("at its position") { guard.set(kSecond, {2, {}, {}}); }
  SECTION("at a record further on") { guard.set(kSecond, {0, {}, {}, true}); }
  Reading reading(kafka.config(), known_at(0, 0), &guard);
  REQUIRE(reading.until_count(10));
  reading.idle(Millis{1'200});
  CHECK(reading.total == 10);
  guard.prove(kFirst);
  guard.prove(kSecond);
  REQUIRE(reading.until_count(20));
  CHECK(guard.most_unproven() == 1);
}
