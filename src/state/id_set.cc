// SPDX-License-Identifier: Apache-2.0
#include "state/id_set.h"

#include <algorithm>

namespace tocsin {

IdSet::IdSet(Limits limits)
    : limits_(limits), seconds_(new std::atomic<std::int64_t>[kPartitions]()) {
  for (auto& shard : shards_) shard.slots.resize(1 << 8);
}

bool IdSet::lapsed(const Slot& slot) const {
  return expired(slot.partition, std::int64_t{slot.second} - 1);
}

bool IdSet::claim(const ClaimedId& id) {
  Shard& shard = shards_[id.print.high % kShards];
  const std::lock_guard lock(shard.mutex);
  const std::size_t mask = shard.slots.size() - 1;
  const auto second = static_cast<std::uint32_t>(std::max<std::int64_t>(id.second, 0) + 1);
  std::size_t i = id.print.low & mask;
  for (; shard.slots[i].second != 0; i = (i + 1) & mask) {
    Slot& slot = shard.slots[i];
    if (!(slot.print == id.print)) continue;
    if (!lapsed(slot)) return false;
    slot.partition = id.partition;
    slot.second = second;
    return true;
  }
  shard.slots[i] = {id.print, id.partition, second};
  if (++shard.used * 4 > shard.slots.size() * 3) make_room(shard);
  return true;
}

void IdSet::restore(const ClaimedId& id) {
  if (!expired(id.partition, id.second)) static_cast<void>(claim(id));
}

std::size_t IdSet::size() const {
  std::size_t size = 0;
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    size += shard.used;
  }
  return size;
}

void IdSet::make_room(Shard& shard) {
  std::vector<Slot> live;
  live.reserve(shard.used);
  for (const auto& slot : shard.slots) {
    if (slot.second != 0 && !lapsed(slot)) live.push_back(slot);
  }
  const std::size_t most = limits_.ids_max / kShards;
  if (live.size() > most) {
    // Too many ids within the horizon: keep the newer half of them, by their own partition's clock.
    const auto age = [&](const Slot& slot) {
      return seconds_[slot.partition % kPartitions].load(std::memory_order_relaxed) - slot.second;
    };
    std::vector<std::int64_t> ages;
    for (const auto& slot : live) ages.push_back(age(slot));
    std::nth_element(ages.begin(), ages.begin() + static_cast<std::ptrdiff_t>(most / 2),
                     ages.end());
    const std::int64_t oldest = ages[most / 2];
    const std::size_t before = live.size();
    std::erase_if(live, [&](const Slot& slot) { return age(slot) >= oldest; });
    forgotten_.fetch_add(before - live.size(), std::memory_order_relaxed);
  }
  std::size_t size = shard.slots.size();
  while (live.size() * 2 > size) size *= 2;
  shard.slots.assign(size, Slot{});
  for (const auto& slot : live) {
    std::size_t i = slot.print.low & (size - 1);
    while (shard.slots[i].second != 0) i = (i + 1) & (size - 1);
    shard.slots[i] = slot;
  }
  shard.used = live.size();
}

}  // namespace tocsin
