// SPDX-License-Identifier: Apache-2.0
#include "pipeline/replay.h"

namespace tocsin {
namespace {

constexpr std::size_t kAhead = 20'000;  // records a lane may hold before the others wait for it

}  // namespace

ReplaySource::ReplaySource(ReplayInput& input, unsigned workers) : input_(input), lanes_(workers) {}

std::vector<PartitionName> ReplaySource::partitions() const {
  const std::lock_guard lock(mutex_);
  return partitions_;
}

Result<std::span<const Record>> ReplaySource::poll(unsigned worker, std::size_t max, Millis,
                                                   std::vector<SourceNotice>& notices) {
  std::unique_lock lock(mutex_);
  Lane& lane = lanes_[worker];
  if (lane.queue.empty()) {
    if (auto done = read(worker, lock); !done) return tl::unexpected(done.error());
  }
  lane.out.clear();
  lane.records.clear();
  SourceNotice notice;
  if (lane.queue.empty() && ended_) {
    notice.kind = SourceNotice::Kind::ended;
    notices.push_back(notice);
  } else if (!lane.queue.empty() && lane.queue.front().tick) {
    notice.kind = SourceNotice::Kind::tick;
    notice.offset = *lane.queue.front().tick;
    notices.push_back(notice);
    lane.queue.pop_front();
  }
  while (notices.empty() && !lane.queue.empty() && !lane.queue.front().tick &&
         lane.out.size() < max) {
    lane.out.push_back(std::move(lane.queue.front()));
    lane.queue.pop_front();
  }
  for (const auto& entry : lane.out) {
    lane.records.push_back(entry.record);
    lane.records.back().value = entry.value;
    lane.records.back().envelope = entry.envelope.get();
  }
  room_.notify_all();
  return std::span<const Record>(lane.records);
}

// Reads on until the worker has something, or the input ends.
Result<void> ReplaySource::read(unsigned worker, std::unique_lock<std::mutex>& lock) {
  while (lanes_[worker].queue.empty() && !ended_) {
    const auto full = [&] {
      for (const auto& lane : lanes_) {
        if (lane.queue.size() >= kAhead) return true;
      }
      return false;
    };
    const auto can_go_on = [&] { return !full() || !lanes_[worker].queue.empty() || ended_; };
    // Not for ever: the others may have stopped, and then so must this one.
    if (!room_.wait_for(lock, std::chrono::milliseconds(100), can_go_on)) return {};
    for (std::size_t i = 0; i < 512 && !ended_; ++i) {
      ReplayItem item;
      const auto more = input_.next(item);
      if (!more) {
        ended_ = true;
        room_.notify_all();
        return tl::unexpected(more.error());
      }
      if (!*more) {
        ended_ = true;
        room_.notify_all();
      } else {
        place(item);
      }
    }
  }
  return {};
}

void ReplaySource::place(const ReplayItem& item) {
  if (item.tick) {
    ticks_.push_back(*item.tick);
    for (auto& lane : lanes_) {
      lane.queue.push_back({{}, {}, {}, static_cast<std::int64_t>(ticks_.size() - 1)});
    }
    return;
  }
  if (!item.partitions.empty()) {
    for (const auto& name : item.partitions) index_of(name);
    return;
  }
  const PartitionIndex index = index_of(item.partition);
  Entry entry{item.record, std::string(item.record.value), item.envelope, std::nullopt};
  entry.record.partition = index;
  lanes_[index % lanes_.size()].queue.push_back(std::move(entry));
}

PartitionIndex ReplaySource::index_of(const PartitionName& name) {
  auto known = index_.find(name);
  if (known == index_.end()) {
    known = index_.emplace(name, static_cast<PartitionIndex>(partitions_.size())).first;
    partitions_.push_back(name);
  }
  return known->second;
}

Tick ReplaySource::tick(std::int64_t number, PartitionDirectory& directory) const {
  const std::lock_guard lock(mutex_);
  const NamedTick& named = ticks_[static_cast<std::size_t>(number)];
  Tick tick;
  tick.clock = named.clock;
  for (const auto& name : named.idle) tick.idle.push_back(directory.find_or_add(name).id);
  return tick;
}

}  // namespace tocsin
