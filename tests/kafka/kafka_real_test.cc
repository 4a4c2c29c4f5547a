// SPDX-License-Identifier: Apache-2.0
// KafkaSource against a real broker: what only one has, or does. Started by
// tests/integration/kafka_source.py, which says by the environment where the broker is
// (TOCSIN_TEST_KAFKA), what manages topics (TOCSIN_KAFKA_TOOL), and through which socket the broker
// is stopped and started (TOCSIN_TEST_KAFKA_CONTROL).
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "reading.h"
#include "support/temporary_directory.h"

namespace {

using namespace tocsin;
using Kind = SourceNotice::Kind;
using Strings = std::vector<std::string>;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) FAIL(name << " is not set: run tests/integration/kafka_source.py");
  return value;
}

std::string brokers() { return environment("TOCSIN_TEST_KAFKA"); }

std::string tool(const std::string& arguments, const std::string& input = {}) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "input", std::ios::binary) << input;
  const std::string command = environment("TOCSIN_KAFKA_TOOL") + " " + brokers() + " " + arguments +
                              " < " + (directory / "input") + " > " + (directory / "output");
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream output(directory / "output");
  return {std::istreambuf_iterator<char>(output), {}};
}

// Has the driver do something to the broker; returns when it is done.
void broker(const std::string& command) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = environment("TOCSIN_TEST_KAFKA_CONTROL");
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string line = command + "\n";
  REQUIRE(::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  std::string answer;
  std::array<char, 512> part{};
  for (ssize_t count = 0; (count = ::read(fd, part.data(), part.size())) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  REQUIRE(answer == "ok\n");
}

// A topic of this test's own.
struct Topic {
  std::string name;
  explicit Topic(int partitions = 1, const std::string& config = {}) {
    static int count = 0;
    name = "topic-" + std::to_string(::getpid()) + "-" + std::to_string(++count);
    create(partitions, config);
  }
  void create(int partitions, const std::string& config = {}) const {
    tool("create-topic " + name + " " + std::to_string(partitions) + " " + config);
  }
  void recreate(int partitions = 1) const {
    tool("delete-topic " + name);
    // Deletion is asynchronous: the broker may refuse the name for a while.
    const std::string command = environment("TOCSIN_KAFKA_TOOL") + " " + brokers() +
                                " create-topic " + name + " " + std::to_string(partitions) +
                                " 2>/dev/null";
    for (int i = 0; i < 200; ++i) {
      if (std::system(command.c_str()) == 0) return;
    }
    FAIL("the topic could not be created again");
  }
  void produce(const Strings& values, int partition = 0, const std::string& options = {}) const {
    std::string lines;
    for (const auto& value : values) {
      lines += "{\"partition\":" + std::to_string(partition) +
               ",\"timestamp\":1763632800123,\"key\":\"k\",\"value\":\"" + value + "\"}\n";
    }
    tool("produce " + name + " " + options, lines);
  }
  KafkaConfig config() const {
    KafkaConfig config;
    config.brokers = {brokers()};
    config.topics = {name};
    return config;
  }
  PartitionName partition(std::int32_t index = 0) const { return {name, index}; }
};

Strings numbered(const std::string& prefix, int from, int until) {
  Strings values;
  for (int i = from; i < until; ++i) values.push_back(prefix + std::to_string(i));
  return values;
}

KafkaKnown read_all(const Topic& topic, std::size_t count) {
  Reading reading(topic.config());
  REQUIRE(reading.until_count(count));
  return reading.known();
}

}  // namespace

TEST_CASE("Batches of every codec are read") {
  const Topic topic;
  const auto* codec = GENERATE("none", "gzip", "snappy", "lz4", "zstd");
  INFO(codec);
  topic.produce(numbered(std::string(200, 'x'), 0, 2000), 0,
                std::string("compression.type=") + codec);
  Reading reading(topic.config());
  REQUIRE(reading.until_count(2000));
  CHECK(reading.values[topic.partition()] == numbered(std::string(200, 'x'), 0, 2000));
}

TEST_CASE("A restart goes on behind the last record delivered, and proves the topic") {
  const Topic topic(3);
  for (int p = 0; p < 3; ++p) topic.produce(numbered("v", 0, 100), p);
  const auto known = read_all(topic, 300);
  for (int p = 0; p < 3; ++p) topic.produce(numbered("v", 100, 200), p);
  Reading after(topic.config(), known);
  REQUIRE(after.until_notice(Kind::at_end, 3));
  for (int p = 0; p < 3; ++p) CHECK(after.values[topic.partition(p)] == numbered("v", 100, 200));
  CHECK(after.count(Kind::unverified) == 0);
  CHECK(after.count(Kind::halted) == 0);
}

TEST_CASE("A topic re-created while we were away is found out, also when it has outgrown us") {
  const Topic topic;
  topic.produce(numbered("old", 0, 10));
  const auto known = read_all(topic, 10);
  const int count = GENERATE(3, 10, 50);
  topic.recreate();
  topic.produce(numbered("new", 0, count));
  Reading after(topic.config(), known);
  REQUIRE(after.until_notice(Kind::halted));
  after.idle(Millis{300});
  CHECK(after.total == 0);
}

TEST_CASE("A topic re-created while it is read is found out, also when it outgrows us at once") {
  const Topic topic;
  topic.produce(numbered("old", 0, 5));
  Reading reading(topic.config());
  REQUIRE(reading.until_count(5));
  // The reader does not poll meanwhile, so the new records are all there when it does.
  topic.recreate();
  topic.produce(numbered("new", 0, 100));
  REQUIRE(reading.until_notice(Kind::halted));
  reading.idle(Millis{300});
  CHECK(reading.values[topic.partition()] == numbered("old", 0, 5));
}

TEST_CASE("A topic re-created with fewer partitions is found out") {
  const Topic topic(2);
  topic.produce({"a"}, 0);
  topic.produce({"b"}, 1);
  const auto known = read_all(topic, 2);
  topic.recreate(1);
  Reading after(topic.config(), known);
  REQUIRE(after.until_notice(Kind::halted, 2));
  CHECK(after.total == 0);
}

TEST_CASE("Records deleted unread are told as lost, to the offset") {
  const Topic topic;
  topic.produce(numbered("v", 0, 10));
  auto known = read_all(topic, 10);
  topic.produce(numbered("v", 10, 100));
  SECTION("while we were away") {
    tool("delete-records " + topic.name + " 0 60");
    Reading after(topic.config(), known);
    REQUIRE(after.until_count(40));
    CHECK(after.last(Kind::lost).lost_from == 10);
    CHECK(after.last(Kind::lost).lost_until == 60);
    CHECK(after.values[topic.partition()] == numbered("v", 60, 100));
  }
  SECTION("up to where we are: nothing is lost, but the topic is unproven") {
    tool("delete-records " + topic.name + " 0 10");
    Reading after(topic.config(), known);
    REQUIRE(after.until_count(90));
    CHECK(after.count(Kind::lost) == 0);
    CHECK(after.count(Kind::unverified) == 1);
  }
}

TEST_CASE("Records deleted under a running reader are told as lost") {
  const Topic topic;
  topic.produce(numbered("v", 0, 10));
  auto config = topic.config();
  // So that nothing is fetched ahead of what is deleted.
  config.properties["queued.min.messages"] = "1";
  config.properties["fetch.message.max.bytes"] = "1024";
  const Strings large(200, std::string(20'000, 'x'));
  Reading reading(config);
  REQUIRE(reading.until_count(10));
  topic.produce(large);
  tool("delete-records " + topic.name + " 0 205");
  REQUIRE(reading.until_notice(Kind::lost));
  const auto lost = reading.last(Kind::lost);
  CHECK(lost.lost_until == 205);
  REQUIRE(reading.until([&] { return reading.offsets[topic.partition()].back() == 209; }));
  // What was neither delivered nor told as lost would be a silent gap.
  const auto& offsets = reading.offsets[topic.partition()];
  CHECK(std::adjacent_find(offsets.begin(), offsets.end(), [&](auto a, auto b) {
          return b != a + 1 && !(a + 1 == lost.lost_from && b == lost.lost_until);
        }) == offsets.end());
}

TEST_CASE("Aborted transactions are skipped, and their offsets are no loss") {
  const Topic topic;
  topic.produce(numbered("good", 0, 5), 0, "transaction=commit");
  topic.produce(numbered("bad", 0, 5), 0, "transaction=abort");
  Reading reading(topic.config());
  REQUIRE(reading.until_notice(Kind::at_end));
  CHECK(reading.values[topic.partition()] == numbered("good", 0, 5));
  // 5 records, a commit mark, 5 records, an abort mark.
  CHECK(reading.last(Kind::at_end).offset == 12);
  const auto known = reading.known();
  topic.produce(numbered("more", 0, 5), 0, "transaction=commit");
  Reading after(topic.config(), known);
  REQUIRE(after.until_count(5));
  CHECK(after.offsets[topic.partition()].front() == 12);
  CHECK(after.count(Kind::lost) + after.count(Kind::unverified) + after.count(Kind::halted) == 0);
}

TEST_CASE("Where the last record was is none now: told as unverified, and read on") {
  const Topic topic;
  topic.produce(numbered("v", 0, 3), 0, "transaction=commit");
  KafkaKnown known;
  known.positions[topic.partition()] = {4, 3, 123};  // offset 3 is the commit mark
  SECTION("with records behind it") {
    topic.produce({"next"});
    Reading reading(topic.config(), known);
    REQUIRE(reading.until_count(1));
    CHECK(reading.values[topic.partition()] == Strings{"next"});
    CHECK(reading.count(Kind::unverified) == 1);
  }
  SECTION("with none") {
    Reading reading(topic.config(), known);
    REQUIRE(reading.until_notice(Kind::at_end));
    CHECK(reading.count(Kind::unverified) == 1);
  }
}

TEST_CASE("A broker killed and started again costs no record and doubles none") {
  const Topic topic(2);
  for (int p = 0; p < 2; ++p) topic.produce(numbered("v", 0, 1000), p);
  Reading reading(topic.config());
  REQUIRE(reading.until_count(1500));
  for (int round = 1; round <= 3; ++round) {
    const auto times = static_cast<std::size_t>(round);
    broker("kill9");
    REQUIRE(reading.until_notice(Kind::unreachable, times));
    broker("start");
    REQUIRE(reading.until_notice(Kind::reachable, times));
    for (int p = 0; p < 2; ++p) topic.produce(numbered("v", round * 1000, round * 1000 + 1000), p);
    REQUIRE(reading.until_count(2000 * (times + 1)));
  }
  reading.idle(Millis{300});
  for (int p = 0; p < 2; ++p) CHECK(reading.values[topic.partition(p)] == numbered("v", 0, 4000));
  CHECK(reading.count(Kind::halted) + reading.count(Kind::lost) == 0);
}

TEST_CASE("A broker that hangs is told within 20 s, and read when it goes on") {
  const Topic topic;
  topic.produce(numbered("v", 0, 10));
  Reading reading(topic.config());
  REQUIRE(reading.until_count(10));
  broker("pause");
  const bool told = reading.until_notice(Kind::unreachable, 1, Millis{20'000});
  broker("resume");
  CHECK(told);
  REQUIRE(reading.until_notice(Kind::reachable));
  topic.produce(numbered("v", 10, 20));
  REQUIRE(reading.until_count(20));
  CHECK(reading.values[topic.partition()] == numbered("v", 0, 20));
}

TEST_CASE("Partitions added to a topic are read from their beginning within 45 s") {
  const Topic topic(1);
  topic.produce({"a"});
  auto config = topic.config();
  config.start.kind = KafkaStart::Kind::latest;
  Reading reading(config);
  REQUIRE(reading.until_notice(Kind::begins));
  tool("add-partitions " + topic.name + " 3");
  topic.produce({"b"}, 1);
  topic.produce({"c"}, 2);
  REQUIRE(reading.until([&] { return reading.total == 2; }, Millis{45'000}));
  CHECK(reading.count(Kind::partition_added) == 2);
  CHECK(reading.values[topic.partition(1)] == Strings{"b"});
  CHECK(reading.values[topic.partition(2)] == Strings{"c"});
}

TEST_CASE("A topic that does not exist is told, not created, and read when somebody creates it") {
  const Topic other;
  auto config = other.config();
  const std::string missing = other.name + "-missing";
  config.topics.push_back(missing);
  Reading reading(config);
  REQUIRE(reading.until_notice(Kind::unreachable));
  CHECK_THAT(reading.last(Kind::unreachable).text,
             Catch::Contains("topic " + missing + " does not exist"));
  other.produce({"a"});
  REQUIRE(reading.until_count(1));
  reading.idle(Millis{2500});
  CHECK(reading.count(Kind::unreachable) == 1);
  CHECK_THAT(tool("topics"), !Catch::Contains(missing));
  tool("create-topic " + missing + " 1");
  REQUIRE(reading.until_notice(Kind::reachable));
  tool("produce " + missing, "{\"partition\":0,\"value\":\"b\"}\n");
  REQUIRE(reading.until_count(2));
}

TEST_CASE("Offsets are mirrored to the consumer group") {
  const Topic topic(2);
  topic.produce(numbered("v", 0, 10));
  auto config = topic.config();
  config.group = "group-" + topic.name;
  Reading reading(config);
  REQUIRE(reading.until_count(10));
  const std::vector<std::pair<PartitionName, std::int64_t>> offsets = {{topic.partition(), 7}};
  reading.source->mirror(offsets);
  REQUIRE(reading.until(
      [&] { return tool("committed " + config.group + " " + topic.name) == "0 7\n1 -1001\n"; }));
  CHECK(reading.source->mirror_failures() == 0);
}

TEST_CASE("A record of 5 MiB comes through") {
  const Topic topic(1, "max.message.bytes=6000000");
  const std::string large(5 << 20, 'x');
  topic.produce({"small", large, "small"});
  Reading reading(topic.config());
  REQUIRE(reading.until_count(3));
  CHECK((reading.values[topic.partition()][1] == large));
}

TEST_CASE("A damaged batch halts its partition, at the batch") {
  const Topic topic(2);
  topic.produce(numbered("good", 0, 10));
  topic.produce(numbered("damaged", 0, 10), 0, "one_batch=1");
  topic.produce(numbered("after", 0, 10));
  topic.produce(numbered("other", 0, 10), 1);
  broker("damage " + topic.name + "-0 damaged5");
  Reading reading(topic.config());
  REQUIRE(reading.until_notice(Kind::halted));
  REQUIRE(reading.until_count(20));
  reading.idle(Millis{300});
  CHECK(reading.values[topic.partition()] == numbered("good", 0, 10));
  CHECK(reading.values[topic.partition(1)] == numbered("other", 0, 10));
  CHECK_THAT(reading.last(Kind::halted).text, Catch::Contains("damaged"));
}

TEST_CASE("The first start can be at a time, or at the end where no record is that late") {
  const Topic topic(2);
  std::string lines;
  for (int i = 0; i < 10; ++i) {
    lines += "{\"partition\":0,\"timestamp\":" + std::to_string(1763632800000 + i * 1000) +
             ",\"value\":\"v" + std::to_string(i) + "\"}\n";
  }
  lines += "{\"partition\":1,\"timestamp\":1763632800000,\"value\":\"early\"}\n";
  tool("produce " + topic.name, lines);
  auto config = topic.config();
  config.start = {KafkaStart::Kind::time, event_time_ms(1763632804500)};
  Reading reading(config);
  REQUIRE(reading.until_notice(Kind::at_end, 2));
  CHECK(reading.values[topic.partition()] == numbered("v", 5, 10));
  CHECK(reading.values.count(topic.partition(1)) == 0);
}

TEST_CASE("Records stamped by the broker say so") {
  const Topic topic(1, "message.timestamp.type=LogAppendTime");
  topic.produce({"v"});
  const Reading reading(topic.config());
  std::vector<SourceNotice> notices;
  for (int i = 0; i < 1000; ++i) {
    const auto records = reading.source->poll(0, 10, Millis{20}, notices);
    REQUIRE(records);
    if (records->empty()) continue;
    CHECK((*records)[0].log_append_time);
    CHECK(to_ms((*records)[0].timestamp) > 1'763'632'800'123);
    return;
  }
  FAIL("no record came");
}

TEST_CASE("A source under load closes within 10 s, every time") {
  const Topic topic(4);
  for (int p = 0; p < 4; ++p) topic.produce(Strings(20'000, std::string(500, 'x')), p);
  const RealClock clock;
  Millis slowest{0};
  for (int i = 0; i < 100; ++i) {
    const auto start = [&] {
      Reading reading(topic.config());
      static_cast<void>(reading.until_count(static_cast<std::size_t>(i) * 100));
      return clock.monotonic() + Millis{0};
    }();
    slowest = std::max(slowest, std::chrono::duration_cast<Millis>(clock.monotonic() - start));
  }
  WARN("slowest close: " << slowest.count() << " ms");
  CHECK(slowest < Millis{10'000});
}
