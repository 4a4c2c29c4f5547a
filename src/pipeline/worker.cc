// SPDX-License-Identifier: Apache-2.0
#include "pipeline/worker.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::size_t kPollRecords = 512;
constexpr Millis kIdlePoll{100};
constexpr std::uint32_t kUnknown = 0xffffffff;

// What is said of a partition's end holds when its records are taken, which come with it.
bool is_of_an_end(const SourceNotice& notice) {
  return notice.kind == SourceNotice::Kind::at_end || notice.kind == SourceNotice::Kind::halted;
}

}  // namespace

Worker::Worker(const WorkerSetup& setup)
    : setup_(setup),
      aggregator_(std::make_unique<Aggregator>(setup.aggregator)),
      mark_(setup.guard != nullptr ? setup.guard->mark(setup.lane) : nullptr) {}

void Worker::run(const std::atomic<bool>& stop) {
  const EngineSource& from = setup_.source;
  if (from.ends && from.workers == 1) {
    ahead_ = std::make_unique<DecodeAhead>(*from.source, from.format, kPollRecords);
  }
  while (!stop.load(std::memory_order_relaxed)) {
    if (!turn(kIdlePoll)) return;
  }
  finish(std::nullopt);
}

bool Worker::turn(Millis wait) {
  turns_.fetch_add(1, std::memory_order_relaxed);
  const auto goes_on = advance(wait);
  if (goes_on && *goes_on) return true;
  finish(goes_on ? std::nullopt : std::optional(goes_on.error()));
  return false;
}

void Worker::finish(std::optional<Error> error) {
  setup_.exchange.finish(setup_.lane, std::move(error));
  turns_ = kEnded;
}

// False: the source has ended.
Result<bool> Worker::advance(Millis wait) {
  if (ended_ && all_taken()) return false;
  if (!batch_ready(wait)) return true;
  if (all_taken()) {
    if (auto polled = poll(wait); !polled) return tl::unexpected(polled.error());
  }
  // Where a partition begins is known before its first record, and its end after its last.
  if (!note(begins_end_) || !fill() || !note(notices_.size())) return true;
  const bool due = records_.empty() || full() || setup_.exchange.changing();
  if (!batch_->empty() && due) pass_on();
  return !ended_;
}

Result<void> Worker::poll(Millis wait) {
  notices_.clear();
  records_ = {};
  next_notice_ = begins_end_ = next_record_ = 0;
  if (ahead_) {
    DecodedChunk& chunk = ahead_->next();
    chunk_ = &chunk;
    if (chunk.error) return tl::unexpected(*chunk.error);
    notices_.swap(chunk.notices);
    records_ = chunk.records();
  } else {
    const auto polled = setup_.source.source->poll(
        setup_.worker, kPollRecords, batch_->records == 0 ? wait : Millis{0}, notices_);
    if (!polled) return tl::unexpected(polled.error());
    records_ = *polled;
  }
  const auto ends = std::stable_partition(notices_.begin(), notices_.end(),
                                          [](const auto& one) { return !is_of_an_end(one); });
  begins_end_ = static_cast<std::size_t>(ends - notices_.begin());
  return {};
}

bool Worker::all_taken() const {
  return next_notice_ == notices_.size() && next_record_ == records_.size();
}

bool Worker::take(std::size_t index, std::uint32_t partition) {
  return chunk_ != nullptr ? aggregator_->take(*chunk_, index, partition, *batch_)
                           : aggregator_->take(records_[index], partition, *batch_);
}

// False: none is free, or the engine stops.
bool Worker::batch_ready(Millis wait) {
  if (batch_) return true;
  batch_ = setup_.exchange.borrow(setup_.lane, wait);
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

// False: a batch went, and the rest is for the next one.
bool Worker::fill() {
  if (next_record_ == records_.size()) return true;
  if (batch_->records == 0) opened_ = setup_.clock.monotonic();
  aggregator_->begin_records();
  while (next_record_ < records_.size()) {
    begin();
    const Record& record = records_[next_record_];
    const std::uint32_t partition = lane(record.partition);
    if (mark_ != nullptr) mark_->under_way(slots_[record.partition], record.offset);
    const bool taken = take(next_record_, partition);
    if (taken) ++next_record_;
    if (!taken || batch_->records >= setup_.limits.records) {
      if (mark_ != nullptr) mark_->none();
      pass_on();
      return false;
    }
  }
  if (mark_ != nullptr) mark_->none();
  return true;
}

// The same, of the notices before `until`.
bool Worker::note(std::size_t until) {
  while (next_notice_ < until) {
    if (!note(notices_[next_notice_++])) return false;
  }
  return true;
}

bool Worker::note(SourceNotice& notice) {
  if (notice.kind == SourceNotice::Kind::ended) {
    ended_ = true;
    return true;
  }
  // A file that cannot be read on has ended too; that it did is told below.
  if (setup_.source.ends && notice.kind == SourceNotice::Kind::halted) ended_ = true;
  begin();
  if (notice.kind == SourceNotice::Kind::tick) {
    batch_->tick = setup_.tick(notice.offset, setup_.directory);
    batch_->barrier = true;
    pass_on();
    return false;
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
  return true;
}

std::uint32_t Worker::lane(PartitionIndex index) {
  if (index < ids_.size() && ids_[index] != kUnknown) return ids_[index];
  const PartitionName name = setup_.source.source->partitions()[index];
  const auto found = setup_.directory.find_or_add(name);
  if (index >= ids_.size()) ids_.resize(index + 1, kUnknown);
  ids_[index] = found.id;
  if (mark_ != nullptr) {
    slots_.resize(ids_.size(), -1);
    slots_[index] = setup_.guard->slot(name);
  }
  const auto& by_topic = setup_.source.by_topic;
  const auto other = by_topic.find(name.topic);
  const RecordFormat& format = other == by_topic.end() ? setup_.source.format : other->second;
  aggregator_->add_lane({found.id, name.topic, format, found.stream_time});
  return found.id;
}

}  // namespace tocsin
