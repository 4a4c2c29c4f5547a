// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "state/hot_cells.h"

namespace tocsin {

// The cells of a window in the order of their groups' bytes, found some at a time: sorted runs,
// then the least of their heads. The list must keep its cells until next() has given them. One
// thread.
class CellOrder {
 public:
  CellOrder(const HotCells& cells, const HotList& list) : cells_(cells), list_(list) {}

  // Takes up at most `most` further cells; false: there are more. Cells added after it answered
  // true are not met.
  bool gather(std::size_t most);
  // After that: the next cell; kAbsent: that was all.
  HotCells::Place next();

 private:
  struct Item {
    std::uint64_t prefix = 0;  // the group's first eight bytes, as a number of their order
    HotCells::Place at = HotCells::kAbsent;
  };
  struct Run {
    std::vector<Item> items;
    std::size_t head = 0;
  };
  bool before(const Item& a, const Item& b) const;
  bool later(std::size_t a, std::size_t b) const;

  const HotCells& cells_;
  const HotList& list_;
  HotCells::Cursor cursor_;
  bool gathered_ = false;
  std::vector<Run> runs_;
  std::vector<std::size_t> heap_;  // of runs that are not at their end
};

}  // namespace tocsin
