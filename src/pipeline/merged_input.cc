// SPDX-License-Identifier: Apache-2.0
#include "pipeline/merged_input.h"

#include <algorithm>

#include "pipeline/idleness.h"

namespace tocsin {
namespace {

// Of stamps, between two looks for partitions that have fallen idle.
constexpr Millis kLookEvery{10'000};

}  // namespace

MergedInput::MergedInput(std::vector<std::unique_ptr<PartitionReader>> readers,
                         std::optional<EventTime> until)
    : until_(until) {
  for (auto& reader : readers) {
    lanes_.emplace_back();
    lanes_.back().reader = std::move(reader);
  }
}

Result<bool> MergedInput::next(ReplayItem& item) {
  item = {};
  if (!begun_) {
    if (auto begun = begin(item); !begun) return tl::unexpected(begun.error());
    return true;
  }
  if (handed_) {
    const std::size_t lane = *handed_;
    handed_.reset();
    if (auto done = read(lane); !done) return tl::unexpected(done.error());
  }
  if (order_.empty()) {
    const bool more = !ended_ && until_ && tick(*until_, item);
    ended_ = true;
    return more;
  }
  const auto [stamp, next] = order_.top();
  if (stamp >= looked_ + kLookEvery && tick(stamp, item)) return true;
  order_.pop();
  Lane& lane = lanes_[next];
  item = lane.head;
  lane.last = stamp;
  lane.idle = false;
  handed_ = next;
  return true;
}

// All partitions are there from the beginning on, whatever comes first.
Result<void> MergedInput::begin(ReplayItem& item) {
  begun_ = true;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (auto done = read(i); !done) return done;
    item.partitions.push_back(lanes_[i].reader->name());
  }
  if (order_.empty()) return {};
  looked_ = order_.top().first;
  for (Lane& lane : lanes_) lane.last = looked_;
  return {};
}

Result<void> MergedInput::read(std::size_t index) {
  Lane& lane = lanes_[index];
  lane.head = {};
  const auto more = lane.reader->next(lane.head);
  if (!more) return tl::unexpected(more.error());
  if (!*more) return {};
  lane.head.partition = lane.reader->name();
  // One clock that runs ahead must not let time pass for all.
  if (const Record& record = lane.head.record; record.has_timestamp) {
    if (lane.time.now() == StreamTime::kUnset) {
      lane.time = StreamTime::restore({.now = record.timestamp});
    } else {
      lane.time.observe(record.timestamp, record.timestamp, record.log_append_time);
    }
    lane.stamp = std::max(lane.stamp, lane.time.now());
  }
  order_.emplace(lane.stamp, index);
  return {};
}

// What a live engine would have noticed before a record stamped `now`. False: nothing.
bool MergedInput::tick(EventTime now, ReplayItem& item) {
  looked_ = now;
  NamedTick made;
  bool all = true;
  for (Lane& lane : lanes_) {
    if (!lane.idle && now - lane.last >= Idleness::kAfter) {
      lane.idle = true;
      made.idle.push_back(lane.reader->name());
    }
    all = all && lane.idle;
  }
  if (made.idle.empty()) return false;
  if (all) made.clock = now - Idleness::kBehindClock;
  item.tick = std::move(made);
  return true;
}

}  // namespace tocsin
