// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "hash/fingerprint.h"
#include "tocsin/time.h"

namespace tocsin {

// An id as it was claimed: by which partition, and at which second of its stream time.
struct ClaimedId {
  Fingerprint print;  // keyed hash of the event's id and, where named, its producer
  std::uint32_t partition = 0;
  std::int64_t second = 0;
};

// The ids seen, so that producers' own duplicates count once. An id is remembered until the stream
// time of the partition that brought it has moved a horizon on. Any thread.
class IdSet {
 public:
  static constexpr std::size_t kPartitions = 4096;
  static constexpr std::int64_t kYear = 366 * 86'400;

  struct Limits {
    std::int64_t horizon_seconds = 3600;
    std::size_t ids_max = 4'000'000;  // beyond it the oldest are forgotten, and counted
  };
  explicit IdSet(Limits limits);

  // Remembers the id; false if it is a duplicate. The caller has moved its partition's clock.
  bool claim(const ClaimedId& id);
  // Recovery.
  void restore(const ClaimedId& id);

  // The stream time of `partition`, in seconds.
  void move(std::uint32_t partition, std::int64_t second) {
    seconds_[partition % kPartitions].store(second, std::memory_order_relaxed);
  }
  // Is an id claimed at `second` forgotten by now? So is one stamped a year ahead of its
  // partition: a stamp of 2099 must not be kept till then.
  bool expired(std::uint32_t partition, std::int64_t second) const {
    const std::int64_t now = seconds_[partition % kPartitions].load(std::memory_order_relaxed);
    return now - second > limits_.horizon_seconds || (now != 0 && second - now > kYear);
  }

  std::size_t size() const;
  // Ids forgotten before their horizon because there were too many.
  std::uint64_t forgotten_early() const { return forgotten_.load(std::memory_order_relaxed); }

 private:
  struct Slot {
    Fingerprint print;
    std::uint32_t partition = 0;
    std::uint32_t second = 0;  // + 1, so that 0 is a free slot
  };
  // Shards keep claims of several workers from waiting for each other.
  struct Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr std::size_t kShards = 64;

  void make_room(Shard& shard);
  bool lapsed(const Slot& slot) const;

  Limits limits_;
  std::array<Shard, kShards> shards_;
  std::unique_ptr<std::atomic<std::int64_t>[]> seconds_;
  std::atomic<std::uint64_t> forgotten_{0};
};

}  // namespace tocsin
