// SPDX-License-Identifier: Apache-2.0
#include "pipeline/merged_input.h"

#include <catch2/catch.hpp>
#include <deque>
#include <string>

using namespace tocsin;

namespace {

struct Stamped {
  int seconds;
  std::string value;
  bool stamped = true;
};

class ScriptedReader final : public PartitionReader {
 public:
  ScriptedReader(std::int32_t partition, std::deque<Stamped> records, bool breaks)
      : name_{"t", partition}, records_(std::move(records)), breaks_(breaks) {}

  const PartitionName& name() const override { return name_; }
  Result<bool> next(ReplayItem& item) override {
    if (records_.empty()) {
      if (breaks_) return retry("Kafka is gone");
      return false;
    }
    value_ = records_.front().value;
    item.record.timestamp = event_time_ms(std::int64_t{records_.front().seconds} * 1000);
    item.record.has_timestamp = records_.front().stamped;
    item.record.offset = offset_++;
    item.record.value = value_;
    records_.pop_front();
    return true;
  }

 private:
  PartitionName name_;
  std::deque<Stamped> records_;
  bool breaks_;
  std::string value_;
  std::int64_t offset_ = 0;
};

// "[0 1]" partitions, "a" a record, "<0,1 @119>" a tick with idle partitions and the clock, "!": it
// broke off.
std::string merged(const std::vector<std::deque<Stamped>>& partitions,
                   std::optional<int> until = std::nullopt, bool breaks = false) {
  std::vector<std::unique_ptr<PartitionReader>> readers;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    readers.push_back(
        std::make_unique<ScriptedReader>(static_cast<std::int32_t>(i), partitions[i], breaks));
  }
  std::optional<EventTime> end;
  if (until) end = event_time_ms(std::int64_t{*until} * 1000);
  MergedInput input(std::move(readers), end);
  std::string text;
  const auto numbers = [](const auto& names) {
    std::string list;
    for (const auto& name : names)
      list += (list.empty() ? "" : ",") + std::to_string(name.partition);
    return list;
  };
  ReplayItem item;
  for (auto more = input.next(item); !more || *more; more = input.next(item)) {
    if (!more) return text + " !";
    if (!text.empty()) text += " ";
    if (!item.partitions.empty()) {
      text += "[" + numbers(item.partitions) + "]";
    } else if (item.tick) {
      text += "<" + numbers(item.tick->idle);
      if (item.tick->clock != StreamTime::kUnset) {
        text += " @" + std::to_string(to_ms(item.tick->clock) / 1000);
      }
      text += ">";
    } else {
      text += item.record.value;
    }
  }
  return text;
}

}  // namespace

TEST_CASE(
    "Records of several partitions come in the order of their stamps, each partition's in its "
    "own") {
  CHECK(merged({{{1, "a"}, {4, "b"}, {5, "c"}}, {{2, "d"}, {3, "e"}, {9, "f"}}}) ==
        "[0,1] a d e b c f");
  CHECK(merged({{{1, "a"}}, {}}) == "[0,1] a");
  CHECK(merged({{}, {}}) == "[0,1]");
}

TEST_CASE("A stamp that goes back, or is missing, does not change the order within a partition") {
  CHECK(merged({{{5, "a"}, {1, "b"}, {6, "c"}}, {{2, "d"}, {7, "e"}}}) == "[0,1] d a b c e");
  CHECK(merged({{{5, "a"}, {0, "b", false}, {6, "c"}}, {{2, "d"}, {7, "e"}}}) == "[0,1] d a b c e");
}

TEST_CASE("A stamp an hour ahead lets no time pass, unless eight in a row say so") {
  CHECK(merged({{{0, "a"}, {9'000, "b"}, {10, "c"}}, {{5, "d"}, {20, "e"}}}) == "[0,1] a b d c e");
  std::deque<Stamped> morning{{0, "a"}};
  for (int i = 0; i < 9; ++i) morning.push_back({9'000 + i, std::to_string(i)});
  CHECK(merged({morning}) == "[0] a 0 1 2 3 4 5 6 <0 @8999> 7 8");
}

TEST_CASE(
    "A partition without a record for two minutes leaves the watermark, as in a live engine") {
  CHECK(merged({{{0, "a"}, {60, "b"}, {119, "c"}, {125, "d"}, {131, "e"}},
                {{1, "f"}, {200, "g"}}}) == "[0,1] a f b c d <1> e g");
  // It is back with its next record, and may leave again.
  CHECK(merged({{{0, "a"}, {100, "b"}, {200, "c"}, {300, "d"}, {400, "e"}}, {{150, "f"}}}) ==
        "[0,1] a b <1> f c <1> d e");
}

TEST_CASE("While nothing comes at all time follows the clock by a second") {
  CHECK(merged({{{0, "a"}, {500, "b"}}, {{10, "c"}}}) == "[0,1] a c <0,1 @499> b");
  CHECK(merged({{{0, "a"}, {500, "b"}}}, 700) == "[0] a <0 @499> b <0 @699>");
}

TEST_CASE("Behind the last record time goes on to the end that is given, and no further") {
  CHECK(merged({{{0, "a"}}, {{50, "b"}}}, 1000) == "[0,1] a b <0,1 @999>");
  CHECK(merged({{{0, "a"}}, {{50, "b"}}}, 130) == "[0,1] a b <0>");
  CHECK(merged({{{0, "a"}}, {{50, "b"}}}, 60) == "[0,1] a b");
}

TEST_CASE("What cannot be read on is told where it happens") {
  CHECK(merged({{{0, "a"}, {1, "b"}}}, 1000, true) == "[0] a b !");
}
