// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sim/random.h"
#include "sim/traffic.h"
#include "tocsin/source.h"

namespace tocsin::sim {

inline constexpr const char* kTopic = "requests";

// A topic as a process sees it: the records that were appended so far, from where its state stands.
// The world owns the log and lets it grow.
class SimSource final : public Source {
 public:
  using Log = std::vector<std::deque<RecordSpec>>;  // by partition and offset; none of them moves

  // `next` by partition; -1: the state does not know it. `log` and `random` outlive it.
  SimSource(const Log& log, std::vector<std::int64_t> next, unsigned workers, Random& random)
      : log_(log), random_(random), workers_(workers) {
    for (const auto offset : next) {
      lanes_.push_back({.next = std::max<std::int64_t>(offset, 0), .begins = offset < 0});
    }
  }

  // Sees the offsets mirrored to the world.
  std::function<void(const PartitionName&, std::int64_t)> mirrored;

  std::string identity() const override { return "sim:1"; }
  std::vector<PartitionName> partitions() const override {
    std::vector<PartitionName> names;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      names.push_back({kTopic, static_cast<std::int32_t>(i)});
    }
    return names;
  }

  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis,
                                       std::vector<SourceNotice>& notices) override {
    records_[worker].clear();
    // Partitions that the topic was given since.
    while (lanes_.size() < log_.size()) lanes_.push_back({.begins = true, .added = true});
    // Some of what there is, in runs of one partition after the other.
    std::size_t left = std::min<std::size_t>(max, static_cast<std::size_t>(random_.between(1, 40)));
    const auto first = static_cast<std::size_t>(random_.below(64));
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      const std::size_t partition = (first + i) % lanes_.size();
      if (partition % workers_ != worker) continue;
      read(partition, left, records_[worker], notices);
    }
    return std::span<const Record>(records_[worker]);
  }

  void request_end_offsets() override {
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].asked = end(i);
  }
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>> offsets) override {
    for (const auto& [name, offset] : offsets) {
      if (mirrored) mirrored(name, offset);
    }
  }

 private:
  struct Lane {
    std::int64_t next = 0;
    bool begins = false, added = false;
    std::int64_t asked = -1;     // the end, asked for and not yet told
    std::int64_t told_end = -1;  // at_end was told there
  };

  std::int64_t end(std::size_t partition) const {
    return static_cast<std::int64_t>(log_[partition].size());
  }

  void tell(std::vector<SourceNotice>& notices, SourceNotice::Kind kind, std::size_t partition,
            std::int64_t offset) const {
    SourceNotice notice;
    notice.kind = kind;
    notice.partition = static_cast<PartitionIndex>(partition);
    notice.offset = offset;
    notices.push_back(std::move(notice));
  }

  void read(std::size_t partition, std::size_t& left, std::vector<Record>& records,
            std::vector<SourceNotice>& notices) {
    Lane& lane = lanes_[partition];
    if (std::exchange(lane.begins, false)) {
      using Kind = SourceNotice::Kind;
      tell(notices, lane.added ? Kind::partition_added : Kind::begins, partition, lane.next);
    }
    if (lane.asked >= 0) {
      tell(notices, SourceNotice::Kind::end_offset, partition, std::exchange(lane.asked, -1));
    }
    for (std::int64_t run = random_.between(0, 20); run > 0 && left > 0; --run, --left) {
      if (lane.next >= end(partition)) break;
      const RecordSpec& spec = log_[partition][static_cast<std::size_t>(lane.next)];
      Record record;
      record.partition = static_cast<PartitionIndex>(partition);
      record.offset = lane.next++;
      record.timestamp = event_time_ms(spec.stamp);
      record.log_append_time = spec.log_append;
      record.hash = std::hash<std::string>{}(spec.value);
      record.value = spec.value;
      records.push_back(record);
    }
    // A notice comes before the records of its poll, so an end is told by the next one.
    const bool none_now = records.empty() || records.back().partition != partition;
    if (none_now && lane.next == end(partition) && lane.told_end != lane.next) {
      tell(notices, SourceNotice::Kind::at_end, partition, lane.told_end = lane.next);
    }
  }

  const Log& log_;
  Random& random_;
  unsigned workers_;
  std::vector<Lane> lanes_;
  std::vector<Record> records_[16];
};

}  // namespace tocsin::sim
