// SPDX-License-Identifier: Apache-2.0
#include "crash/scenario.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <stdexcept>

#include "rule/memory_files.h"

namespace tocsin::crash {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kLength = 180 * kMinute;
constexpr std::size_t kRecordsPerPoll = 10;

constexpr const char* kKept = R"(
  - name: user-day
    summary: User
    group_by: [user]
    window: day
    budget: $0.60
    alert: {50%: info, 100%: critical}
  - name: user-hour
    summary: User in an hour
    group_by: [user]
    window: hour
    budget: $0.30
    alert: {80%: warning, 100%: critical}
  - name: user-rolling
    summary: User lately
    group_by: [user]
    window: last 30m
    threshold: {$0.15: warning, $0.30: critical}
  - name: errors
    summary: Error rate
    metric: error_rate
    group_by: [user]
    window: last 10m
    threshold: {20%: warning, 50%: critical}
    min_requests: 2
    for: 1m
)";
constexpr const char* kFirst = R"(
  - name: all-day
    summary: All
    window: day
    budget: $20
    alert: {10%: info, 50%: warning}
  - name: temporary-day
    summary: Temporary
    group_by: [user]
    window: day
    budget: $1
    alert: {50%: info}
  - name: temporary-rolling
    summary: Temporary too
    group_by: [user]
    window: last 1h
    threshold: {$1: info}
)";
constexpr const char* kSecond = R"(
  - name: all-day
    summary: All
    window: day
    budget: $20
    alert: {10%: info, 50%: warning, 80%: critical}
)";

std::shared_ptr<const std::vector<Rule>> rules(const std::string& text) {
  Loaded loaded = load_text("rules:" + text);
  if (!loaded.ok())
    throw std::logic_error("rules of the scenario: " + loaded.diagnostics[0].message);
  return std::make_shared<std::vector<Rule>>(std::move(loaded.rules));
}

std::vector<ScriptedRecord> traffic(const PartitionName& name, std::size_t count,
                                    std::mt19937_64& random) {
  const auto pick = [&](std::uint64_t below) {
    return static_cast<std::int64_t>(random() % below);
  };
  std::vector<ScriptedRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = static_cast<std::int64_t>(i);
    const std::int64_t stamp =
        kScenarioStart + at * (kLength / static_cast<std::int64_t>(count)) + pick(1000);
    std::int64_t time = stamp - pick(90'000);
    if (pick(20) == 0) time -= 4 * 60 * kMinute;
    std::string value = R"({"id":")" + std::to_string(name.partition) + "-" + std::to_string(i) +
                        R"(","timestamp":)" + std::to_string(time) +
                        R"(,"provider":"openai","model":"gpt-4o","status":)" +
                        (pick(5) == 0 ? "500" : "200") + R"(,"usage":{"input":)" +
                        std::to_string(pick(40'000)) + R"(},"user":"user-)" +
                        std::to_string(std::min(pick(40), pick(40))) + R"("})";
    if (pick(40) == 0) value = "{broken";
    if (pick(15) == 0 && i > 3) value = records[i - 1 - static_cast<std::size_t>(pick(3))].value;
    records.push_back({name, at, stamp, std::move(value)});
  }
  return records;
}

// Nobody wakes it.
void nap() {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable().wait_for(lock, std::chrono::milliseconds{1});
}

}  // namespace

Scenario Scenario::make(std::uint64_t seed, std::size_t records) {
  Scenario scenario;
  std::mt19937_64 random(seed);
  constexpr std::size_t kPartitions = 3;
  for (std::size_t i = 0; i < kPartitions; ++i) {
    scenario.names.push_back({"requests", static_cast<std::int32_t>(i)});
    scenario.partitions.push_back(traffic(scenario.names[i], records / kPartitions, random));
    scenario.records += scenario.partitions.back().size();
  }
  scenario.versions[0] = rules(std::string(kFirst) + kKept);
  scenario.versions[1] = rules(std::string(kSecond) + kKept);
  auto prices = PriceList::built_in();
  if (!prices) throw std::logic_error(prices.error().message);
  scenario.prices = std::make_shared<PriceList>(std::move(*prices));
  return scenario;
}

StateLimits small_limits() {
  StateLimits limits;
  limits.hot_bytes = 3'000;
  limits.journal_bytes = 4'000;
  limits.spills_per_commit = 20;
  limits.pages_per_commit = 1;
  return limits;
}

ScenarioSource::ScenarioSource(const Scenario& scenario, const std::vector<PartitionRow>& known)
    : scenario_(scenario), readings_(scenario.names.size()), handed_(kWorkers) {
  for (std::size_t i = 0; i < scenario.names.size(); ++i) {
    for (const PartitionRow& row : known) {
      if (row.name == scenario.names[i])
        readings_[i] = {row.position.next_offset, true, false, false};
    }
  }
}

Result<std::span<const Record>> ScenarioSource::poll(unsigned worker, std::size_t /*max*/,
                                                     Millis wait,
                                                     std::vector<SourceNotice>& notices) {
  std::vector<Record>& handed = handed_[worker];
  handed.clear();
  for (std::size_t i = worker; i < readings_.size(); i += kWorkers) {
    Reading& reading = readings_[i];
    const auto& records = scenario_.partitions[i];
    const auto notice = [&](SourceNotice::Kind kind) {
      SourceNotice said;
      said.kind = kind;
      said.partition = static_cast<PartitionIndex>(i);
      said.offset = reading.next;
      notices.push_back(said);
    };
    if (!std::exchange(reading.told_begin, true)) {
      if (!reading.known) notice(SourceNotice::Kind::begins);
      // What comes is news: the topic was empty until now.
      notice(SourceNotice::Kind::end_offset);
    }
    for (std::size_t n = 0; n < kRecordsPerPoll; ++n) {
      const auto at = static_cast<std::size_t>(reading.next);
      if (at >= records.size()) break;
      Record record;
      record.partition = static_cast<PartitionIndex>(i);
      record.offset = records[at].offset;
      record.timestamp = event_time_ms(records[at].timestamp);
      record.value = records[at].value;
      handed.push_back(record);
      ++reading.next;
    }
    // As Kafka's comes: in the poll that has the last records, and before them.
    const bool at_end = static_cast<std::size_t>(reading.next) >= records.size();
    if (at_end && !std::exchange(reading.told_end, true)) notice(SourceNotice::Kind::at_end);
  }
  if (handed.empty() && notices.empty() && wait > Millis{0}) nap();
  return std::span<const Record>(handed);
}

}  // namespace tocsin::crash
