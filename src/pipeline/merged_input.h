// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include "pipeline/replay.h"
#include "tocsin/source.h"
#include "tocsin/time.h"
#include "window/stream_time.h"

namespace tocsin {

// The records of one partition, by rising offset, up to an end.
class PartitionReader {
 public:
  virtual ~PartitionReader() = default;
  virtual const PartitionName& name() const = 0;
  // The next record and its envelope into `item`; false: there is none. Its value lives until the
  // next call. retry, reject: it cannot be read on.
  virtual Result<bool> next(ReplayItem& item) = 0;
};

// What lies in several partitions as if it came now: records in the order of their stamps, and
// between them the ticks that a live engine makes while partitions are idle (pipeline/idleness.h),
// by those stamps in place of a clock. So what is told depends on what the partitions hold and on
// nothing else. One thread.
class MergedInput final : public ReplayInput {
 public:
  // Time goes on to `until` behind the last record; nothing: it ends there.
  MergedInput(std::vector<std::unique_ptr<PartitionReader>> readers,
              std::optional<EventTime> until);

  Result<bool> next(ReplayItem& item) override;

 private:
  struct Lane {
    std::unique_ptr<PartitionReader> reader;
    ReplayItem head;
    StreamTime time;    // by stamps, of which the first is believed
    EventTime stamp{};  // where the head stands: never before those that came before it
    EventTime last{};   // of the last record handed out
    bool idle = false;
  };

  Result<void> begin(ReplayItem& item);
  Result<void> read(std::size_t lane);
  bool tick(EventTime now, ReplayItem& item);

  std::vector<Lane> lanes_;
  std::optional<EventTime> until_;
  using Next = std::pair<EventTime, std::size_t>;  // stamp, lane
  std::priority_queue<Next, std::vector<Next>, std::greater<>> order_;
  std::optional<std::size_t> handed_;  // the lane whose head was handed out
  EventTime looked_{};                 // for idle ones, last
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace tocsin
