// SPDX-License-Identifier: Apache-2.0
#include "state/hot_cells.h"

#include <algorithm>
#include <cstring>

#include "hash/fingerprint.h"

namespace tocsin {
namespace {

// A longer way to a cell costs more than the memory that a fuller segment saves.
constexpr std::uint32_t kSegmentFull = 448;

std::uint32_t hash_in(std::uint64_t slot) { return static_cast<std::uint32_t>(slot >> 32); }
HotCells::Place place_in(std::uint64_t slot) { return static_cast<HotCells::Place>(slot); }

}  // namespace

HotCells::HotCells(std::uint64_t seed) : seed_(seed), memory_(1), blocks_(1) {
  segments_.push_back(std::make_unique<Segment>());
  directory_.push_back(segments_.back().get());
}

void HotCells::begin(HotList& list, WindowTable* of) {
  list.seed = seed_ + ++lists_ * 0x9e3779b97f4a7c15U;
  list.of = of;
}

std::uint32_t HotCells::hash(const HotList& list, std::string_view group) const {
  return static_cast<std::uint32_t>(hash64(group, list.seed) >> 32);
}

void HotCells::fetch_index(std::uint32_t hash) const {
  __builtin_prefetch(&segment(hash).slots[hash % kSegmentSlots]);
}

void HotCells::fetch_cell(std::uint32_t hash) const {
  const Segment& in = segment(hash);
  for (std::size_t i = hash % kSegmentSlots; in.slots[i] != 0; i = (i + 1) % kSegmentSlots) {
    if (hash_in(in.slots[i]) != hash) continue;
    const char* cell = address(place_in(in.slots[i]));
    __builtin_prefetch(cell);
    __builtin_prefetch(cell + 64);
    return;
  }
}

HotCells::Place HotCells::find(const HotList& list, std::string_view wanted,
                               std::uint32_t hash) const {
  const Segment& in = segment(hash);
  for (std::size_t i = hash % kSegmentSlots; in.slots[i] != 0; i = (i + 1) % kSegmentSlots) {
    if (hash_in(in.slots[i]) != hash) continue;
    const Place at = place_in(in.slots[i]);
    if (group(at) == wanted && blocks_[at >> kUnitBits].list == &list) return at;
  }
  return kAbsent;
}

HotCells::Place HotCells::add(HotList& list, std::string_view group, std::uint32_t hash) {
  const Place at = room(list, units(group.size()));
  HotCell* cell = new (address(at)) HotCell();
  cell->group_size = group.size() & 0xfff;
  std::memcpy(address(at) + kTextAt, group.data(), group.size());
  insert(hash, at);
  ++list.size;
  ++size_;
  return at;
}

void HotCells::erase(Place at) {
  const std::uint32_t block = at >> kUnitBits;
  HotList& list = *blocks_[block].list;
  remove(list, at);
  (*this)[at].dead = 1;
  if (blocks_[block].live > 0) return;
  take_out(block);
  free_block(block);
}

HotCells::Place HotCells::next(const HotList& list, Cursor& cursor) const {
  if (cursor.part >= list.parts.size() || list.parts[cursor.part].born != cursor.born) {
    const auto from =
        std::lower_bound(list.parts.begin(), list.parts.end(), cursor.born,
                         [](const HotList::Part& part, auto born) { return part.born < born; });
    cursor.part = static_cast<std::size_t>(from - list.parts.begin());
    if (from != list.parts.end() && from->born != cursor.born)
      cursor = {from->born, 0, cursor.part};
  }
  while (cursor.part < list.parts.size()) {
    const std::uint32_t block = list.parts[cursor.part].block;
    while (cursor.at < blocks_[block].used) {
      const Place at = block << kUnitBits | cursor.at;
      cursor.at += units((*this)[at].group_size);
      if (!(*this)[at].dead) return at;
    }
    // The last block may get more.
    if (cursor.part + 1 == list.parts.size()) break;
    ++cursor.part;
    cursor.born = list.parts[cursor.part].born;
    cursor.at = 0;
  }
  return kAbsent;
}

std::uint64_t* HotCells::slot_of(std::uint32_t hash, Place at) {
  Segment& in = segment(hash);
  std::size_t i = hash % kSegmentSlots;
  while (place_in(in.slots[i]) != at) i = (i + 1) % kSegmentSlots;
  return &in.slots[i];
}

void HotCells::insert(std::uint32_t hash, Place at) {
  while (segment(hash).used >= kSegmentFull) split(hash);
  Segment& in = segment(hash);
  std::size_t i = hash % kSegmentSlots;
  while (in.slots[i] != 0) i = (i + 1) % kSegmentSlots;
  in.slots[i] = static_cast<std::uint64_t>(hash) << 32 | at;
  ++in.used;
}

void HotCells::split(std::uint32_t hash) {
  Segment& low = segment(hash);
  if (low.depth == depth_) {
    std::vector<Segment*> twice;
    twice.reserve(directory_.size() * 2);
    for (Segment* one : directory_) twice.insert(twice.end(), 2, one);
    directory_ = std::move(twice);
    ++depth_;
  }
  segments_.push_back(std::make_unique<Segment>());
  Segment& high = *segments_.back();
  const auto all = low.slots;
  low.slots = {};
  low.used = 0;
  high.depth = ++low.depth;
  // The entries of the directory that named the segment: the upper half names the new one.
  const std::size_t shared = std::size_t{1} << (depth_ - low.depth);
  const std::size_t first =
      (static_cast<std::uint64_t>(hash) >> (32 - depth_)) / (2 * shared) * (2 * shared);
  std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(first + shared), shared, &high);
  for (const std::uint64_t slot : all) {
    if (slot != 0) insert(hash_in(slot), place_in(slot));
  }
}

HotCells::Place HotCells::room(HotList& list, std::uint32_t units) {
  std::uint32_t block = list.parts.empty() ? 0 : list.parts.back().block;
  if (block == 0 || (blocks_[block].used + units) * kUnit > blocks_[block].size) {
    block = make_block(list, units * kUnit);
  }
  const Place at = block << kUnitBits | blocks_[block].used;
  blocks_[block].used += units;
  ++blocks_[block].live;
  return at;
}

// A list's blocks double its memory, up to the greatest: a window of one group takes little.
std::uint32_t HotCells::make_block(HotList& list, std::size_t least) {
  std::uint32_t number = static_cast<std::uint32_t>(blocks_.size());
  if (free_blocks_.empty()) {
    blocks_.emplace_back();
    memory_.push_back(nullptr);
  } else {
    number = free_blocks_.back();
    free_blocks_.pop_back();
  }
  Block& block = blocks_[number];
  const std::size_t size = std::clamp(std::max(list.bytes, least), kBlockMin, kBlockMax);
  block.size = static_cast<std::uint32_t>(size / kUnit * kUnit);
  block.memory.reset(static_cast<char*>(::operator new (block.size, std::align_val_t{64})));
  memory_[number] = block.memory.get();
  block.list = &list;
  block.used = block.live = 0;
  block.older = blocks_[0].older;
  block.newer = 0;
  blocks_[block.older].newer = number;
  blocks_[0].older = number;
  list.parts.push_back({++born_, number});
  list.bytes += block.size;
  block_bytes_ += block.size;
  made_ += block.size;
  return number;
}

HotList& HotCells::take_out(std::uint32_t number) {
  Block& block = blocks_[number];
  blocks_[block.older].newer = block.newer;
  blocks_[block.newer].older = block.older;
  HotList& list = *block.list;
  std::erase_if(list.parts, [&](const HotList::Part& part) { return part.block == number; });
  list.bytes -= block.size;
  return list;
}

void HotCells::free_block(std::uint32_t number) {
  Block& block = blocks_[number];
  block_bytes_ -= block.size;
  block.memory.reset();
  block.list = nullptr;
  memory_[number] = nullptr;
  free_blocks_.push_back(number);
}

void HotCells::move(HotList& list, Place from) {
  const std::size_t size = (*this)[from].group_size;
  const Place to = room(list, units(size));
  std::memcpy(address(to), address(from), kTextAt + size);
  const std::uint32_t hash = this->hash(list, group(to));
  *slot_of(hash, from) = static_cast<std::uint64_t>(hash) << 32 | to;
}

// Out of the index: what lies behind it on the same way closes up.
void HotCells::remove(HotList& list, Place at) {
  const std::uint32_t hash = this->hash(list, group(at));
  Segment& in = segment(hash);
  auto hole = static_cast<std::size_t>(slot_of(hash, at) - in.slots.data());
  for (std::size_t i = (hole + 1) % kSegmentSlots; in.slots[i] != 0; i = (i + 1) % kSegmentSlots) {
    const std::size_t home = hash_in(in.slots[i]) % kSegmentSlots;
    if ((i - home) % kSegmentSlots < (i - hole) % kSegmentSlots) continue;
    in.slots[hole] = in.slots[i];
    hole = i;
  }
  in.slots[hole] = 0;
  --in.used;
  --blocks_[at >> kUnitBits].live;
  --list.size;
  --size_;
}

}  // namespace tocsin
