// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/directory.h"
#include "state/codec.h"
#include "tocsin/source.h"

namespace tocsin {

// Time that passed without records, by partition names: as a recording tells it.
struct NamedTick {
  std::vector<PartitionName> idle;
  EventTime clock = StreamTime::kUnset;
};

// What a recording holds, in its order.
struct ReplayItem {
  PartitionName partition;
  Record record;                                     // `value` lives until the next call
  std::shared_ptr<const RecordEnvelope> envelope{};  // the record's; null: it has none
  std::optional<NamedTick> tick;                     // then there is no record
  // Or else, before the first record: all partitions that are read.
  std::vector<PartitionName> partitions;
};

class ReplayInput {
 public:
  virtual ~ReplayInput() = default;
  // False: the end. reject: a line that cannot be read.
  virtual Result<bool> next(ReplayItem& item) = 0;
};

// A recording as a Source that ends. Its ticks are barriers: each worker meets them between the
// same records as the engine that was recorded. poll() by as many threads as `workers`.
class ReplaySource final : public Source {
 public:
  ReplaySource(ReplayInput& input, unsigned workers);

  std::string identity() const override { return "recording"; }
  std::vector<PartitionName> partitions() const override;
  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices) override;
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

  // The tick with this number, its partitions as ids of `directory`.
  Tick tick(std::int64_t number, PartitionDirectory& directory) const;

 private:
  struct Entry {
    Record record;
    std::string value;
    std::shared_ptr<const RecordEnvelope> envelope;
    std::optional<std::int64_t> tick;
  };
  struct Lane {
    std::deque<Entry> queue;
    std::vector<Entry> out;  // of the last poll
    std::vector<Record> records;
  };

  Result<void> read(unsigned worker, std::unique_lock<std::mutex>& lock);
  void place(const ReplayItem& item);
  PartitionIndex index_of(const PartitionName& name);

  ReplayInput& input_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::vector<Lane> lanes_;
  std::vector<PartitionName> partitions_;
  std::map<PartitionName, PartitionIndex> index_;
  std::vector<NamedTick> ticks_;
  bool ended_ = false;
};

}  // namespace tocsin
