// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "alert/sum_cell.h"

namespace tocsin {

struct WindowTable;

// A cell of a calendar window in memory. The text of its group begins in `text` and goes on behind
// it, so a cell is never copied alone.
struct HotCell {
  SumCell cell;
  int128 next_reached_at = 0;         // least total that can reach a rung not yet marked
  std::uint32_t commit = 0;           // the last that changed it, its low 32 bits
  std::uint32_t touch = 0;            // its place among the cells that commit touched
  std::uint16_t group_size : 12 = 0;  // at most 4 values of 256 bytes
  std::uint16_t dirty : 1 = 0;        // the journal alone holds its newest value
  std::uint16_t stored : 1 = 0;       // it has a key of its own
  std::uint16_t used : 1 = 0;         // changed since the hand last passed
  std::uint16_t dead : 1 = 0;         // erased
  std::uint16_t edition = 0;          // of the ladder that `reached` and next_reached_at are of
  char text[4] = {};

  HotCell() = default;
  HotCell(const HotCell&) = delete;
  HotCell& operator=(const HotCell&) = delete;
};
static_assert(sizeof(HotCell) == 64);

// Where the cells of one window are: in blocks of its own, oldest first.
struct HotList {
  struct Part {
    std::uint64_t born = 0;  // rises with each block made, of any list
    std::uint32_t block = 0;
  };
  std::vector<Part> parts;
  std::size_t bytes = 0;
  std::uint32_t size = 0;  // cells
  std::uint64_t seed = 0;  // of the hashes of its groups
  bool pinned = false;     // not to be evicted: somebody holds places of its cells
  WindowTable* of = nullptr;
};

// The hot cells of all windows, in blocks of at most 64 KB of which each holds cells of one window,
// found by (window, group) in one index. 60 bytes a cell and its group's text, rounded up to 16,
// and some 12 bytes of index. Nothing grows by being copied as a whole, so no commit waits for
// that. A cell's place is good until it is evicted, erased or moved. State thread only.
class HotCells {
 public:
  using Place = std::uint32_t;  // number of the block, then 16-byte units within it
  static constexpr Place kAbsent = 0;

  explicit HotCells(std::uint64_t seed);
  HotCells(const HotCells&) = delete;
  HotCells& operator=(const HotCells&) = delete;

  // Before the list is first used.
  void begin(HotList& list, WindowTable* of);

  std::uint32_t hash(const HotList& list, std::string_view group) const;
  // Fetching ahead what find() will read: first the one, and when it has come, the other.
  void fetch_index(std::uint32_t hash) const;
  void fetch_cell(std::uint32_t hash) const;
  void fetch(Place at) const { __builtin_prefetch(address(at)); }

  Place find(const HotList& list, std::string_view group, std::uint32_t hash) const;
  // The group must be absent.
  Place add(HotList& list, std::string_view group, std::uint32_t hash);
  void erase(Place at);

  HotCell& operator[](Place at) { return *reinterpret_cast<HotCell*>(address(at)); }
  const HotCell& operator[](Place at) const {
    return *reinterpret_cast<const HotCell*>(address(at));
  }
  std::string_view group(Place at) const { return {address(at) + kTextAt, (*this)[at].group_size}; }

  // A walk over a list: it meets every cell that stays there, and may meet one twice that moved.
  struct Cursor {
    std::uint64_t born = 0;
    std::uint32_t at = 0;  // 16-byte units within the block
    std::size_t part = 0;  // a hint
  };
  // kAbsent: no more for now.
  Place next(const HotList& list, Cursor& cursor) const;

  // The lists' blocks by age: eviction looks at the oldest first. 0: none.
  std::uint32_t oldest() const { return blocks_[0].newer; }
  std::uint32_t newest() const { return blocks_[0].older; }
  std::uint32_t newer(std::uint32_t block) const { return blocks_[block].newer; }
  std::size_t bytes_of(std::uint32_t block) const { return blocks_[block].size; }
  HotList& list_of(std::uint32_t block) { return *blocks_[block].list; }
  // Takes the block out of its list; each of its cells is then offered to `keep`. Those for which
  // it answers true move to the list's end, and the others are gone.
  template <class Keep>
  void empty(std::uint32_t block, const Keep& keep) {
    HotList& list = take_out(block);
    const std::uint32_t end = blocks_[block].used;
    for (std::uint32_t at = 0; at < end;) {
      const Place place = block << kUnitBits | at;
      at += units((*this)[place].group_size);
      if ((*this)[place].dead) continue;
      if (keep(place)) {
        move(list, place);
      } else {
        remove(list, place);
      }
    }
    free_block(block);
  }

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return block_bytes_ + segments_.size() * sizeof(Segment); }
  // Bytes of blocks made since the beginning: what came in, and what was moved.
  std::uint64_t made() const { return made_; }

 private:
  static constexpr unsigned kUnitBits = 12;
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kBlockMin = 1024;
  static constexpr std::size_t kBlockMax = kUnit << kUnitBits;
  static constexpr std::size_t kTextAt = sizeof(HotCell) - sizeof(HotCell::text);
  static constexpr std::size_t kSegmentSlots = 512;

  struct FreeAligned {
    void operator()(char* memory) const { ::operator delete (memory, std::align_val_t{64}); }
  };
  using Memory = std::unique_ptr<char, FreeAligned>;
  struct Block {
    Memory memory;
    HotList* list = nullptr;
    std::uint32_t size = 0;            // bytes
    std::uint32_t used = 0, live = 0;  // units; cells
    std::uint32_t older = 0, newer = 0;
  };
  // One of the tables that the index is made of; the high bits of a hash say which. A full one
  // splits in two.
  struct Segment {
    std::array<std::uint64_t, kSegmentSlots> slots{};  // hash, place; 0: free
    std::uint32_t used = 0;
    unsigned depth = 0;  // bits of the hash that its entries share
  };

  static std::uint32_t units(std::size_t group_size) {
    return static_cast<std::uint32_t>((kTextAt + group_size + kUnit - 1) / kUnit);
  }
  char* address(Place at) const {
    return memory_[at >> kUnitBits] + (at & ((1U << kUnitBits) - 1)) * kUnit;
  }
  Segment& segment(std::uint32_t hash) const {
    return *directory_[static_cast<std::uint64_t>(hash) >> (32 - depth_)];
  }
  std::uint64_t* slot_of(std::uint32_t hash, Place at);
  void insert(std::uint32_t hash, Place at);
  void split(std::uint32_t hash);
  Place room(HotList& list, std::uint32_t units);
  std::uint32_t make_block(HotList& list, std::size_t least);
  HotList& take_out(std::uint32_t block);
  void free_block(std::uint32_t block);
  void move(HotList& list, Place from);
  void remove(HotList& list, Place at);

  std::uint64_t seed_;
  std::uint64_t lists_ = 0, born_ = 0, made_ = 0;
  std::vector<char*> memory_;  // of blocks_, close together
  std::vector<Block> blocks_;  // [0] stands for the ends of the chain by age
  std::vector<std::uint32_t> free_blocks_;
  std::size_t block_bytes_ = 0;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<Segment*> directory_;
  unsigned depth_ = 0;
};

}  // namespace tocsin
