// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kafka/kafka_source.h"

namespace tocsin {

// The adapter's own threads work against real brokers, so its tests need real time.
class RealClock final : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::now();
  }
};

class SilentLog final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// Reads a KafkaSource with all its workers in turn, and keeps what came: copies of the values, by
// partition, and the positions a state would keep.
class Reading {
 public:
  using Kind = SourceNotice::Kind;
  using Positions = std::map<PartitionName, Position>;

  explicit Reading(const KafkaConfig& config, KafkaKnown known = {}, ReadingGuard* guard = nullptr)
      : workers_(std::max(config.workers, 1u)), positions(known.positions) {
    auto opened = KafkaSource::open(config, std::move(known), {clock_, log_, guard});
    INFO((opened ? std::string() : opened.error().message));
    REQUIRE(opened);
    source = std::move(*opened);
  }

  // Polls until `done`; whether it was within the time.
  bool until(const std::function<bool()>& done, Millis within = Millis{15'000}) {
    const auto end = clock_.monotonic() + within;
    while (!done()) {
      if (clock_.monotonic() > end) return false;
      for (unsigned worker = 0; worker < workers_; ++worker) poll(worker);
    }
    return true;
  }
  // Polls for a while in which nothing is to happen.
  void idle(Millis time) {
    static_cast<void>(until([] { return false; }, time));
  }
  bool until_count(std::size_t count) {
    return until([&] { return total >= count; });
  }
  bool until_notice(Kind kind, std::size_t times = 1, Millis within = Millis{15'000}) {
    return until([&] { return count(kind) >= times; }, within);
  }

  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::count_if(
        notices.begin(), notices.end(), [&](const auto& each) { return each.kind == kind; }));
  }
  const SourceNotice& last(Kind kind) const {
    for (auto each = notices.rbegin(); each != notices.rend(); ++each) {
      if (each->kind == kind) return *each;
    }
    FAIL("no such notice");
    return notices.back();
  }
  KafkaKnown known() const { return {positions, source->identity()}; }

  std::map<PartitionName, std::vector<std::string>> values;
  std::map<PartitionName, std::vector<std::int64_t>> offsets;
  std::vector<SourceNotice> notices;
  std::vector<Error> errors;
  std::size_t total = 0;
  std::function<void(const Record&)> on_record;

 private:
  void poll(unsigned worker) {
    const auto records = source->poll(worker, 1000, Millis{5}, notices);
    if (!records) {
      errors.push_back(records.error());
      return;
    }
    if (records->empty() && notices.size() == noticed_) return;
    const auto names = source->partitions();
    for (; noticed_ < notices.size(); ++noticed_) take(notices[noticed_], names);
    for (const Record& record : *records) {
      REQUIRE(record.partition < names.size());
      REQUIRE(record.partition % workers_ == worker);
      const PartitionName& name = names[record.partition];
      values[name].emplace_back(record.value);
      if (on_record) on_record(record);
      offsets[name].push_back(record.offset);
      positions[name] = {record.offset + 1, record.offset, record.hash};
      ++total;
    }
  }
  void take(const SourceNotice& notice, const std::vector<PartitionName>& names) {
    if (!notice.partition) return;
    REQUIRE(*notice.partition < names.size());
    const PartitionName& name = names[*notice.partition];
    if (notice.kind == Kind::begins || notice.kind == Kind::partition_added) {
      positions[name] = {notice.offset, -1, 0};
    }
    if (notice.kind == Kind::lost) positions[name] = {notice.lost_until, -1, 0};
  }

  RealClock clock_;
  SilentLog log_;
  unsigned workers_;
  std::size_t noticed_ = 0;

 public:
  Positions positions;
  std::unique_ptr<KafkaSource> source;  // last: it uses clock and log to its end
};

}  // namespace tocsin
