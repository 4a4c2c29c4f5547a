// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alert/sum_cell.h"

namespace tocsin {

// The hot cells of one (state, window): found by group in an open-addressing index, kept in the
// order they were met. 64 bytes a cell, its group's text, and 8 to 16 bytes of index. Cells are
// only added; a table is dropped whole, or rebuilt without its cold cells. State thread only.
class SumTable {
 public:
  struct Entry {
    SumCell cell;
    int128 next_reached_at = 0;         // least total that can reach a rung not yet marked
    std::uint32_t commit = 0;           // the last that changed it, its low 32 bits
    std::uint32_t touch = 0;            // its place among the cells that commit touched
    std::uint32_t group_at = 0;         // in texts_
    std::uint16_t group_size : 12 = 0;  // at most 4 values of 256 bytes
    std::uint16_t dirty : 1 = 0;        // the journal alone holds its newest value
    std::uint16_t stored : 1 = 0;       // it has a key of its own
    std::uint16_t edition = 0;          // of the ladder that `reached` and next_reached_at are of
  };
  static_assert(sizeof(Entry) == 64);
  static constexpr std::uint32_t kAbsent = 0xffffffff;

  explicit SumTable(std::uint64_t seed) : seed_(seed), slots_(16) {}

  std::uint32_t find(std::string_view group) const;
  // `group` must be absent.
  std::uint32_t add(std::string_view group);

  Entry& operator[](std::uint32_t i) { return entries_[i]; }
  const Entry& operator[](std::uint32_t i) const { return entries_[i]; }
  std::string_view group(std::uint32_t i) const {
    return std::string_view(texts_).substr(entries_[i].group_at, entries_[i].group_size);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  std::size_t bytes() const {
    return entries_.capacity() * sizeof(Entry) + texts_.capacity() + slots_.capacity() * 8;
  }
  // The cells in the order of their groups' bytes.
  std::vector<std::uint32_t> by_group() const;
  // Drops every cell `cold` says yes to.
  template <class Cold>
  void rebuild(const Cold& cold) {
    SumTable kept(seed_);
    for (std::uint32_t i = 0; i < size(); ++i) {
      if (cold(entries_[i])) continue;
      Entry& entry = kept.entries_[kept.add(group(i))];
      const std::uint32_t at = entry.group_at;
      entry = entries_[i];
      entry.group_at = at;
    }
    *this = std::move(kept);
  }

 private:
  void grow();

  std::uint64_t seed_;
  std::vector<Entry> entries_;
  std::string texts_;
  std::vector<std::uint64_t> slots_;  // high 32 bits of the hash, index + 1; 0: free
};

}  // namespace tocsin
