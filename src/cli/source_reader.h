// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rule/config.h"
#include "state/codec.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/source.h"
#include "tocsin/store.h"

namespace tocsin {

// Reading what the engine has read once more, beside it.

// The partitions that the state was counted from. stop: the state is damaged.
Result<std::vector<PartitionRow>> read_partitions(const Snapshot& snapshot);

// The latest event time of any; nothing: none that is trusted yet.
std::optional<EventTime> latest_time(const std::vector<PartitionRow>& partitions);

// The index of the source in `config` that reads the topic or file; nothing: none does.
std::optional<std::size_t> source_of(const Config& config, const std::string& topic);

// The source of `config` with that index, opened anew: its partitions among `starts` from there on,
// a worker a partition. It has no group and mirrors nothing. Null: another one reads what it
// brings. reject: it cannot be opened.
struct Reopening {
  const Config& config;
  const Clock& clock;
  Log& log;
  // Kafka alone: from some records before the first ones stamped then, whatever `starts` says, of
  // so many partitions.
  std::optional<EventTime> since{};
  unsigned partitions = 0;
};
Result<std::unique_ptr<Source>> reopen(const Reopening& from, std::size_t source,
                                       const std::map<PartitionName, std::int64_t>& starts);

// One partition's records, pulled in order out of a reopened source. One thread.
class Pull {
 public:
  Pull(Source& source, PartitionName name, std::int64_t from)
      : source_(source), name_(std::move(name)), next_(from) {}

  // Hands each record before `until` to `take`; it ends earlier when `take` answers false, or
  // there is none at the end (control records, compaction). Views live for the call. retry: nothing
  // came for `patience`.
  using Take = std::function<Result<bool>(const PartitionName&, const Record&)>;
  Result<void> read(std::int64_t until, const Take& take, const Clock& clock, Millis patience);

  // Offsets before those read that are not there any more, and where the first of them was.
  struct Gone {
    std::int64_t from = 0;
    std::int64_t count = 0;
  };
  const Gone& gone() const { return gone_; }
  const PartitionName& name() const { return name_; }

 private:
  Result<void> poll();
  bool find_worker();

  Source& source_;
  PartitionName name_;
  std::int64_t next_;
  std::optional<unsigned> worker_;
  std::span<const Record> left_;
  bool ended_ = false;
  Gone gone_;
};

}  // namespace tocsin
