// SPDX-License-Identifier: Apache-2.0
// How fast the engine's own consumer reads a topic, alone or with the decoder on the same thread:
//   bench_consume BROKERS TOPIC raw|parse COUNT
// Prints {"seconds", "records", "events", "bytes", "rss_mb", "cpu_seconds"}; seconds run from the
// opening of the source to the last record.

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "event/decoder.h"
#include "kafka/kafka_source.h"

namespace tocsin::bench {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t kBatch = 10'000;
constexpr Millis kWait{100};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  }
  Steady::time_point monotonic() const override { return Steady::now(); }
};

class ErrorLog final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view text) override { error(text); }
  void error(std::string_view text) override { fmt::print(stderr, "{}\n", text); }
};

struct Counts final : Decoder::Sink {
  void event(const Event& event) override {
    ++events;
    tokens += event.usage.input_tokens();
  }
  void quarantined(const Quarantined&) override { ++bad; }

  std::uint64_t records = 0, bytes = 0, events = 0, bad = 0;
  std::int64_t tokens = 0;
};

void print(const Counts& counts, Steady::duration took) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  fmt::print(
      "{{\"seconds\":{:.3f},\"records\":{},\"events\":{},\"bytes\":{},\"rss_mb\":{:.0f},"
      "\"cpu_seconds\":{:.2f}}}\n",
      std::chrono::duration<double>(took).count(), counts.records, counts.events, counts.bytes,
      static_cast<double>(used.ru_maxrss) / 1024, seconds(used.ru_utime) + seconds(used.ru_stime));
}

int consume(const KafkaConfig& config, bool parse, std::uint64_t count) {
  const SystemClock clock;
  ErrorLog log;
  const auto start = Steady::now();
  auto source = KafkaSource::open(config, {}, {clock, log});
  if (!source) {
    fmt::print(stderr, "{}\n", source.error().message);
    return 1;
  }
  Decoder decoder;
  Counts counts;
  std::vector<SourceNotice> notices;
  while (counts.records < count) {
    const auto records = (*source)->poll(0, kBatch, kWait, notices);
    if (!records) {
      fmt::print(stderr, "{}\n", records.error().message);
      return 1;
    }
    decoder.begin_batch();
    for (const Record& record : *records) {
      ++counts.records;
      counts.bytes += record.value.size();
      if (parse) decoder.decode(record.value, Format::automatic, counts);
    }
    notices.clear();
  }
  print(counts, Steady::now() - start);
  return counts.bad == 0 ? 0 : 1;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  const std::string_view mode = argc == 5 ? argv[3] : "";
  if (mode != "raw" && mode != "parse") {
    std::fprintf(stderr, "usage: bench_consume BROKERS TOPIC raw|parse COUNT\n");
    return 64;
  }
  tocsin::KafkaConfig config;
  config.brokers = {argv[1]};
  config.topics = {argv[2]};
  config.group.clear();
  return tocsin::bench::consume(config, mode == "parse", std::strtoull(argv[4], nullptr, 10));
}
