// SPDX-License-Identifier: Apache-2.0
#include "state/sum_table.h"

#include <algorithm>
#include <numeric>

#include "hash/fingerprint.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kTag = 0xffffffff00000000;

}  // namespace

std::uint32_t SumTable::find(std::string_view wanted) const {
  const std::uint64_t hash = hash64(wanted, seed_);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask; slots_[i] != 0; i = (i + 1) & mask) {
    if ((slots_[i] & kTag) != (hash & kTag)) continue;
    const auto entry = static_cast<std::uint32_t>((slots_[i] & ~kTag) - 1);
    if (group(entry) == wanted) return entry;
  }
  return kAbsent;
}

std::uint32_t SumTable::add(std::string_view group) {
  if ((entries_.size() + 1) * 3 > slots_.size() * 2) grow();
  const std::uint64_t hash = hash64(group, seed_);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  while (slots_[i] != 0) i = (i + 1) & mask;
  Entry entry;
  entry.group_at = static_cast<std::uint32_t>(texts_.size());
  entry.group_size = group.size() & 0xfff;
  texts_.append(group);
  entries_.push_back(entry);
  slots_[i] = (hash & kTag) | entries_.size();
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

void SumTable::grow() {
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t entry = 0; entry < entries_.size(); ++entry) {
    const std::uint64_t hash = hash64(group(entry), seed_);
    std::size_t i = hash & mask;
    while (slots_[i] != 0) i = (i + 1) & mask;
    slots_[i] = (hash & kTag) | (entry + 1);
  }
}

std::vector<std::uint32_t> SumTable::by_group() const {
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return group(a) < group(b); });
  return order;
}

}  // namespace tocsin
