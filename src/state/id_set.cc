// SPDX-License-Identifier: Apache-2.0
#include "state/id_set.h"

#include <algorithm>
#include <utility>

#include "state/id_pages.h"

namespace tocsin {
namespace {

constexpr std::size_t kSlotsMin = std::size_t{1} << 8;

// What is not known is no other cost.
bool differ(std::uint16_t first, std::uint16_t copy) {
  return first != copy && first != 0 && copy != 0;
}

}  // namespace

IdSet::IdSet(const Snapshot& store, Limits limits)
    : store_(store),
      limits_(limits),
      now_(new std::atomic<std::int64_t>[kPartitions]()),
      stored_(new std::atomic<std::int64_t>[kPartitions]()) {
  auto empty = tables(kSlotsMin);
  for (std::size_t i = 0; i < kShards; ++i) shards_[i].newest = std::move(empty[i]);
}

// One for each shard, side by side; of the default resource, which may give wider pages.
std::array<IdSet::Table, IdSet::kShards> IdSet::tables(std::size_t slots) {
  const auto memory = std::make_shared<std::pmr::vector<Slot>>(slots * kShards);
  table_bytes_.fetch_add(memory->size() * sizeof(Slot), std::memory_order_relaxed);
  std::array<Table, kShards> made;
  for (std::size_t i = 0; i < kShards; ++i) {
    made[i] = {std::span(*memory).subspan(i * slots, slots), memory};
  }
  return made;
}

void IdSet::expect(const Fingerprint& print) const {
  const Shard& shard = shards_[shard_of(print)];
  const std::lock_guard lock(shard.mutex);
  shard.newest.prefetch(print);
  shard.frozen.prefetch(print);
  for (const IdGeneration* of : shard.generations) of->filter.prefetch(print);
}

bool IdSet::claim(ClaimedId& id) {
  Shard& shard = shards_[shard_of(id.print)];
  std::unique_lock lock(shard.mutex);
  const auto is_copy = [&] {
    const Slot* const first = in_memory(shard, id);
    if (first != nullptr) id.other_cost = differ(first->cost, id.cost);
    return first != nullptr;
  };
  if (is_copy()) return false;
  for (auto buckets = perhaps_in(shard, id.print); !buckets.empty();) {
    const std::uint32_t drops = shard.drops;
    lock.unlock();
    const auto found = in_store(buckets, id);
    if (!found) fail(found.error());
    if (found && *found) id.other_cost = differ(**found, id.cost);
    if (!found || *found) return false;
    lock.lock();
    if (is_copy()) return false;  // another worker was faster
    if (drops == shard.drops) break;
    buckets = perhaps_in(shard, id.print);  // what was frozen is in the store by now
  }
  insert(shard, id);
  return true;
}

// Of what was claimed by that partition at that second.
bool IdSet::is_copy(const ClaimedId& id, std::uint32_t partition, std::int64_t second) const {
  if (partition % kPartitions == id.partition % kPartitions) {
    const std::int64_t now = at(now_, partition);
    return !past(now, second) && !year_ahead(now, second);
  }
  // Whichever of the two is read first.
  return !past(id.second, second) && !past(second, id.second);
}

const IdSet::Slot* IdSet::in_memory(const Shard& shard, const ClaimedId& id) const {
  const auto held = [&](const Table& table) -> const Slot* {
    const Slot& slot = table.find(id.print, [&](const Slot& claimed) {
      return is_copy(id, claimed.partition, claimed.second());
    });
    return slot.second_and_one != 0 ? &slot : nullptr;
  };
  if (const Slot* const slot = held(shard.newest)) return slot;
  return shard.frozen.slots.empty() ? nullptr : held(shard.frozen);
}

std::vector<IdSet::Bucket> IdSet::perhaps_in(const Shard& shard, const Fingerprint& print) {
  std::vector<Bucket> buckets;
  const IdFilter::Mask mask(print);
  for (const IdGeneration* of : shard.generations) {
    if (of->filter.may_hold(print, mask)) buckets.push_back({of->number, of->bucket_of(print)});
  }
  return buckets;
}

Result<std::optional<std::uint16_t>> IdSet::in_store(const std::vector<Bucket>& buckets,
                                                     const ClaimedId& id) {
  // The newest first, which have most duplicates.
  for (auto at = buckets.rbegin(); at != buckets.rend(); ++at) {
    page_reads_.fetch_add(1, std::memory_order_relaxed);
    const auto found = find_id(store_, {at->generation, at->bucket}, id.print,
                               [&](std::uint32_t partition, std::int64_t second) {
                                 return is_copy(id, partition, second);
                               });
    if (!found || *found) return found;
  }
  return std::nullopt;
}

void IdSet::insert(Shard& shard, ClaimedId& id) {
  id.freezes = shard.freezes;
  ++shard.claims;
  const auto second = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(id.second, 0, std::int64_t{UINT32_MAX} - 1) + 1);
  shard.newest.room_for(id.print) = {id.print, static_cast<std::uint16_t>(id.partition), id.cost,
                                     second};
  if (++shard.used * 4 > shard.newest.slots.size() * 3) make_room(shard);
}

bool IdSet::restore(ClaimedId id) {
  if (expired_for_good(id.partition, id.second)) return false;
  Shard& shard = shards_[shard_of(id.print)];
  const std::lock_guard lock(shard.mutex);
  insert(shard, id);
  return true;
}

// Only what is past for good goes: a run of what is left may be all that a restart finds.
void IdSet::make_room(Shard& shard) {
  std::vector<Slot> live;
  live.reserve(shard.used);
  for (const auto& slot : shard.newest.slots) {
    if (slot.second_and_one != 0 && !expired_for_good(slot.partition, slot.second())) {
      live.push_back(slot);
    }
  }
  std::size_t size = shard.newest.slots.size();
  while (live.size() * 2 > size) size *= 2;
  if (size == shard.newest.slots.size()) {
    std::fill(shard.newest.slots.begin(), shard.newest.slots.end(), Slot{});
  } else {
    table_bytes_.fetch_add((size - shard.newest.slots.size()) * sizeof(Slot),
                           std::memory_order_relaxed);
    const auto memory = std::make_shared<std::pmr::vector<Slot>>(size);
    shard.newest = {*memory, memory};
  }
  for (const auto& slot : live) shard.newest.room_for(slot.print) = slot;
  shard.used = live.size();
}

std::uint64_t IdSet::freeze() {
  std::size_t slots = kSlotsMin;
  while (slots * kShards < limits_.newest * 2) slots *= 2;
  auto empty = tables(slots);
  std::uint64_t claims = 0;
  ++freezes_;
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    shard.frozen = std::exchange(shard.newest, std::move(empty[i]));
    claims += std::exchange(shard.claims, 0);
    shard.used = 0;
    shard.freezes = freezes_;
  }
  return claims;
}

void IdSet::drop_frozen() {
  for (auto& shard : shards_) {
    Table frozen;
    {
      const std::lock_guard lock(shard.mutex);
      frozen = std::exchange(shard.frozen, {});
      ++shard.drops;
    }
    table_bytes_.fetch_sub(frozen.slots.size() * sizeof(Slot), std::memory_order_relaxed);
  }
}

void IdSet::add(const IdGeneration& generation) {
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.generations.push_back(&generation);
  }
}

void IdSet::remove(const IdGeneration& generation) {
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase(shard.generations, &generation);
  }
}

void IdSet::remember(IdGeneration& generation, std::size_t shard, std::span<const Slot> ids) {
  const std::lock_guard lock(shards_[shard].mutex);
  for (const auto& id : ids) generation.filter.add(id.print);
}

std::optional<Error> IdSet::failure() const {
  if (!failed_.load(std::memory_order_acquire)) return std::nullopt;
  const std::lock_guard lock(failure_mutex_);
  return failure_;
}

void IdSet::fail(const Error& error) {
  const std::lock_guard lock(failure_mutex_);
  if (!failure_) failure_ = error;
  failed_.store(true, std::memory_order_release);
}

}  // namespace tocsin
