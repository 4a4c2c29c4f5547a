// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/aggregator.h"
#include "pipeline/directory.h"
#include "pipeline/exchange.h"
#include "tocsin/clock.h"
#include "tocsin/reading_guard.h"
#include "tocsin/source.h"

namespace tocsin {

// A source and how to read it.
struct EngineSource {
  Source* source = nullptr;
  RecordFormat format;
  unsigned workers = 1;
  bool ends = false;  // a file that is read to its end, and then is done
  // Of topics that are written otherwise than in `format`.
  std::map<std::string, RecordFormat> by_topic{};
};

// When a batch is closed before the source is empty.
struct BatchLimits {
  std::size_t records = 10'000;
  Millis age{20};
};

struct WorkerSetup {
  EngineSource source;
  unsigned worker = 0;   // of the source's
  std::size_t lane = 0;  // of the exchange's
  const AggregatorSetup& aggregator;
  PartitionDirectory& directory;
  Exchange& exchange;
  const Clock& clock;
  BatchLimits limits;
  // Replay: the tick that notice `offset` names (SourceNotice::Kind::tick).
  std::function<Tick(std::int64_t, PartitionDirectory&)> tick;
  ReadingGuard* guard = nullptr;  // live sources'
};

// Reads the partitions of one worker and runs stage 1 over them, batch by batch. One thread.
class Worker {
 public:
  explicit Worker(const WorkerSetup& setup);
  // Turns until `stop`, or until there is nothing more to do.
  void run(const std::atomic<bool>& stop);
  // One turn: reads if all that was read is folded, and folds until it hands a batch over. Waits at
  // most `wait` for an empty batch or for records. False: the source ended or broke, as the
  // exchange knows now; not to be called again.
  bool turn(Millis wait);

  // Of its loop; any thread.
  static constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }

 private:
  Result<bool> advance(Millis wait);
  Result<void> poll(Millis wait);
  bool all_taken() const;
  bool take(std::size_t index, std::uint32_t partition);
  bool fill();
  bool note(std::size_t until);
  bool note(SourceNotice& notice);
  void finish(std::optional<Error> error);
  void pass_on();
  bool full() const;
  std::uint32_t lane(PartitionIndex index);
  bool batch_ready(Millis wait);
  void begin();

  WorkerSetup setup_;
  std::unique_ptr<Aggregator> aggregator_;
  // Of a source that ends: as fast as can be, so decoding has a thread of its own.
  std::unique_ptr<DecodeAhead> ahead_;
  const DecodedChunk* chunk_ = nullptr;  // the records under way, if ahead_
  // Of the last poll, and how far they are taken.
  std::vector<SourceNotice> notices_;
  std::span<const Record> records_;
  std::size_t next_notice_ = 0, next_record_ = 0;
  std::size_t begins_end_ = 0;      // notices from here on are taken after the records
  std::vector<std::uint32_t> ids_;  // by PartitionIndex; kUnknown: not met yet
  RecordMark* mark_ = nullptr;
  std::vector<std::int32_t> slots_;  // of the marks, by PartitionIndex
  std::unique_ptr<Batch> batch_;
  std::chrono::steady_clock::time_point opened_;
  bool begun_ = false;  // something is in the batch
  bool ended_ = false;
  std::atomic<std::uint64_t> turns_{0};
};

}  // namespace tocsin
