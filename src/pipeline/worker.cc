// SPDX-License-Identifier: Apache-2.0
#include "pipeline/worker.h"

namespace tocsin {
namespace {

constexpr std::size_t kPollRecords = 512;
constexpr Millis kIdlePoll{100};
constexpr std::uint32_t kUnknown = 0xffffffff;

}  // namespace

Worker::Worker(const WorkerSetup& setup)
    : setup_(setup), aggregator_(std::make_unique<Aggregator>(setup.aggregator)) {}

void Worker::run(const std::atomic<bool>& stop) {
  setup_.exchange.finish(setup_.lane, loop(stop));
  turns_ = kEnded;
}

std::optional<Error> Worker::loop(const std::atomic<bool>& stop) {
  std::vector<SourceNotice> notices;
  const EngineSource& from = setup_.source;
  if (from.ends && from.workers == 1) {
    ahead_ = std::make_unique<DecodeAhead>(*from.source, from.format, kPollRecords);
  }
  while (!stop.load(std::memory_order_relaxed)) {
    turns_.fetch_add(1, std::memory_order_relaxed);
    if (!batch_ready()) return std::nullopt;
    notices.clear();
    const auto polled = poll(notices);
    if (!polled) return polled.error();
    // Where a partition begins is known before its first record.
    if (!note(notices)) return std::nullopt;
    if (!fill(*polled)) return std::nullopt;
    const bool due = polled->empty() || full() || setup_.exchange.changing();
    if (!batch_->empty() && due) pass_on();
    if (ended_) return std::nullopt;
  }
  return std::nullopt;
}

Result<std::span<const Record>> Worker::poll(std::vector<SourceNotice>& notices) {
  if (!ahead_) {
    const Millis wait = batch_->records == 0 ? kIdlePoll : Millis{0};
    return setup_.source.source->poll(setup_.worker, kPollRecords, wait, notices);
  }
  DecodedChunk& chunk = ahead_->next();
  chunk_ = &chunk;
  if (chunk.error) return tl::unexpected(*chunk.error);
  notices.swap(chunk.notices);
  return chunk.records();
}

bool Worker::take(std::span<const Record> records, std::size_t index, std::uint32_t partition) {
  return chunk_ != nullptr ? aggregator_->take(*chunk_, index, partition, *batch_)
                           : aggregator_->take(records[index], partition, *batch_);
}

// False: the engine stops.
bool Worker::batch_ready() {
  if (batch_) return true;
  batch_ = setup_.exchange.borrow(setup_.lane);
  opened_ = setup_.clock.monotonic();
  return batch_ != nullptr;
}

bool Worker::full() const {
  return batch_->records >= setup_.limits.records ||
         setup_.clock.monotonic() - opened_ >= setup_.limits.age;
}

void Worker::pass_on() {
  setup_.exchange.hand_over(setup_.lane, std::move(batch_));
  begun_ = false;
}

// Before anything is put into the batch: all of it is folded by the same rules.
void Worker::begin() {
  if (begun_) return;
  begun_ = true;
  auto next = setup_.exchange.begin(setup_.lane, *batch_);
  if (!next) return;
  next->take_over(*aggregator_);
  aggregator_ = std::move(next);
  aggregator_->begin_records();
}

bool Worker::fill(std::span<const Record> records) {
  if (records.empty()) return true;
  if (batch_->records == 0) opened_ = setup_.clock.monotonic();
  aggregator_->begin_records();
  for (std::size_t i = 0; i < records.size(); ++i) {
    begin();
    const std::uint32_t partition = lane(records[i].partition);
    while (!take(records, i, partition)) {
      pass_on();
      if (!batch_ready()) return false;
      begin();
    }
    if (batch_->records >= setup_.limits.records) {
      pass_on();
      if (!batch_ready()) return false;
    }
  }
  return true;
}

bool Worker::note(std::vector<SourceNotice>& notices) {
  for (auto& notice : notices) {
    if (notice.kind == SourceNotice::Kind::ended) {
      ended_ = true;
      continue;
    }
    // A file that cannot be read on has ended too; that it did is told below.
    if (setup_.source.ends && notice.kind == SourceNotice::Kind::halted) ended_ = true;
    begin();
    if (notice.kind == SourceNotice::Kind::tick) {
      batch_->tick = setup_.tick(notice.offset, setup_.directory);
      batch_->barrier = true;
      pass_on();
      if (!batch_ready()) return false;
      continue;
    }
    const std::uint32_t partition = notice.partition ? lane(*notice.partition) : kUnknown;
    // Kept as the partition's position: else it would start anew after a restart.
    if (notice.kind == SourceNotice::Kind::begins ||
        notice.kind == SourceNotice::Kind::partition_added) {
      aggregator_->go_on_at(partition, notice.offset, *batch_);
    } else if (notice.kind == SourceNotice::Kind::lost) {
      aggregator_->go_on_at(partition, notice.lost_until, *batch_);
    }
    batch_->notices.push_back(std::move(notice));
    batch_->notice_partitions.push_back(partition);
  }
  return true;
}

std::uint32_t Worker::lane(PartitionIndex index) {
  if (index < ids_.size() && ids_[index] != kUnknown) return ids_[index];
  const PartitionName name = setup_.source.source->partitions()[index];
  const auto found = setup_.directory.find_or_add(name);
  if (index >= ids_.size()) ids_.resize(index + 1, kUnknown);
  ids_[index] = found.id;
  aggregator_->add_lane({found.id, name.topic, setup_.source.format, found.stream_time});
  return found.id;
}

}  // namespace tocsin
