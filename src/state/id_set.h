// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "hash/fingerprint.h"
#include "state/id_filter.h"
#include "tocsin/result.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// An id as it was claimed: by which partition, and at which second of its stream time.
struct ClaimedId {
  Fingerprint print;  // keyed hash of the event's id and, where named, its producer
  std::uint32_t partition = 0;
  std::uint32_t freezes = 0;  // of the set before the claim; claim() says
  std::int64_t second = 0;
  std::uint16_t cost = 0;   // keyed hash of what its producer said it cost; 0: unknown
  bool other_cost = false;  // a duplicate, and not at the cost of the first; claim() says
};

// Ids that are in the store alone, in pages by bucket of the print; a filter says which are not.
struct IdGeneration {
  IdGeneration(std::uint32_t its_number, std::size_t ids, std::uint32_t its_buckets)
      : number(its_number), buckets(its_buckets), filter(ids) {}

  std::uint32_t bucket_of(const Fingerprint& print) const {
    return static_cast<std::uint32_t>(part_of(print.high, buckets));
  }

  const std::uint32_t number;
  const std::uint32_t buckets;  // a multiple of IdFilter::kParts
  IdFilter filter;
};

// The ids seen, so that producers' own duplicates count once. A copy is what comes, by the stream
// time of its own partition, within a horizon of one that counted: all of those are kept, so it
// does not matter how far one partition is read ahead of another. The newest are in memory, the
// older ones in the store (IdArchive, which moves them there) behind filters.
class IdSet {
 public:
  static constexpr std::size_t kShards = IdFilter::kParts;
  // Clocks: partitions further apart share one. That is why a slot needs no more of a partition's
  // id than its lower half.
  static constexpr std::size_t kPartitions = 4096;
  static_assert((std::size_t{1} << 16) % kPartitions == 0);
  static constexpr std::int64_t kYear = 366 * 86'400;

  struct Limits {
    std::int64_t horizon_seconds = 3600;
    std::size_t newest = std::size_t{1} << 18;              // ids in memory, at least
    std::size_t generation = std::size_t{1} << 20;          // ids that share a filter, at least
    std::size_t filter_bytes = std::size_t{64} << 20;       // beyond it the oldest are forgotten
    std::size_t written_per_commit = std::size_t{1} << 14;  // ids moved to the store, at least
  };
  IdSet(const Snapshot& store, Limits limits);

  // A claim of this print follows: what it will look at is fetched meanwhile. Any thread.
  void expect(const Fingerprint& print) const;
  // Remembers the id; false if it is a duplicate, or that could not be found out: see failure().
  // What is remembered of a duplicate is the first's cost. The caller has moved its partition's
  // clock. Any thread.
  bool claim(ClaimedId& id);
  // The store could not be read: nothing that was claimed since may be committed. Any thread.
  std::optional<Error> failure() const;

  // The stream time of `partition`, in seconds. Its own thread.
  void move(std::uint32_t partition, std::int64_t second) { set(now_, partition, second); }

  // The rest is for the state thread, and for a start.

  // The stream time as it is stored. A restart goes back to it, so what it needs is kept by it.
  void move_stored(std::uint32_t partition, std::int64_t second) {
    set(stored_, partition, second);
  }
  // No partition that may bring copies is stored as further behind than this. Until it is said
  // first, all bring their own alone.
  void move_least(std::int64_t second) { least_.store(second, std::memory_order_relaxed); }
  // Of an id claimed at `second` no copy can come any more, and one stamped a year ahead of its
  // partition is not kept till then.
  bool expired_for_good(std::uint32_t partition, std::int64_t second) const {
    const std::int64_t now = at(stored_, partition);
    const std::int64_t least = least_.load(std::memory_order_relaxed);
    return past(std::min(now, least), second) || year_ahead(now, second);
  }
  bool restore(ClaimedId id);  // false: it has expired

  struct Slot {
    Fingerprint print;
    std::uint16_t partition = 0;       // the id's lower half
    std::uint16_t cost = 0;            // as ClaimedId's
    std::uint32_t second_and_one = 0;  // 0: a free slot

    std::int64_t second() const { return std::int64_t{second_and_one} - 1; }
  };
  // Freezes what is in memory, once what was frozen before is dropped: it answers still, and takes
  // no more. The number of claims it took, each of which comes to a commit.
  std::uint64_t freeze();
  std::uint32_t freezes() const { return freezes_; }
  // One part of it, by the print's high half, in no order, with free slots.
  std::span<const Slot> frozen(std::size_t shard) const { return shards_[shard].frozen.slots; }
  // All of it is in the store, and in filters added here.
  void drop_frozen();

  void add(const IdGeneration& generation);  // until removed
  void remove(const IdGeneration& generation);
  // Adds prints of one shard to the filter.
  void remember(IdGeneration& generation, std::size_t shard, std::span<const Slot> ids);

  std::size_t table_bytes() const { return table_bytes_.load(std::memory_order_relaxed); }
  // Looks into the store because of a filter's "perhaps".
  std::uint64_t page_reads() const { return page_reads_.load(std::memory_order_relaxed); }

 private:
  using Clocks = std::unique_ptr<std::atomic<std::int64_t>[]>;
  // Open addressing; a power of two of slots. Tables made together share their memory.
  struct Table {
    std::span<Slot> slots;
    std::shared_ptr<std::pmr::vector<Slot>> memory;

    // The first claim of the print that is wanted, or the free slot after all of them.
    template <class Wanted>
    Slot& find(const Fingerprint& print, Wanted wanted) const {
      const std::size_t mask = slots.size() - 1;
      std::size_t i = print.low & mask;
      while (slots[i].second_and_one != 0 && !(slots[i].print == print && wanted(slots[i]))) {
        i = (i + 1) & mask;
      }
      return slots[i];
    }
    Slot& room_for(const Fingerprint& print) const {
      return find(print, [](const Slot&) { return false; });
    }
    void prefetch(const Fingerprint& print) const {
      if (!slots.empty()) __builtin_prefetch(&slots[print.low & (slots.size() - 1)]);
    }
  };
  // Shards keep claims of several workers from waiting for each other.
  struct Shard {
    mutable std::mutex mutex;
    Table newest;
    std::size_t used = 0;
    std::uint64_t claims = 0;  // since the last freeze
    std::uint32_t freezes = 0;
    std::uint32_t drops = 0;  // of what was frozen
    Table frozen;
    std::vector<const IdGeneration*> generations;
  };
  struct Bucket {
    std::uint32_t generation = 0, bucket = 0;
  };

  static std::size_t shard_of(const Fingerprint& print) { return part_of(print.high, kShards); }
  static void set(const Clocks& clocks, std::uint32_t partition, std::int64_t second) {
    clocks[partition % kPartitions].store(second, std::memory_order_relaxed);
  }
  static std::int64_t at(const Clocks& clocks, std::uint32_t partition) {
    return clocks[partition % kPartitions].load(std::memory_order_relaxed);
  }
  bool past(std::int64_t now, std::int64_t second) const {
    return now - second > limits_.horizon_seconds;
  }
  static bool year_ahead(std::int64_t now, std::int64_t second) {
    return now != 0 && second - now > kYear;
  }
  bool is_copy(const ClaimedId& id, std::uint32_t partition, std::int64_t second) const;
  const Slot* in_memory(const Shard& shard, const ClaimedId& id) const;
  static std::vector<Bucket> perhaps_in(const Shard& shard, const Fingerprint& print);
  // At which cost (ClaimedId's); nothing: it is not there.
  Result<std::optional<std::uint16_t>> in_store(const std::vector<Bucket>& buckets,
                                                const ClaimedId& id);
  void insert(Shard& shard, ClaimedId& id);
  std::array<Table, kShards> tables(std::size_t slots);
  void make_room(Shard& shard);
  void fail(const Error& error);

  const Snapshot& store_;
  const Limits limits_;
  std::array<Shard, kShards> shards_;
  std::uint32_t freezes_ = 0;  // the state thread's
  Clocks now_, stored_;
  std::atomic<std::int64_t> least_{INT64_MAX};
  std::atomic<std::size_t> table_bytes_{0};
  std::atomic<std::uint64_t> page_reads_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
};

}  // namespace tocsin
