// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "state/hot_cells.h"

namespace tocsin {

// The journal's rows, oldest first, and the pass that trims them. A row can go when no cell has it
// as its only stored value, so a pass walks the hot cells, a few each commit, and stores those last
// changed at or before its target under keys of their own.
struct JournalTail {
  struct Row {
    std::uint64_t commit = 0;
    std::size_t bytes = 0;
  };
  struct Pass {
    std::uint64_t target = 0;
    bool panes_stored = false;  // cells of panes are stored whole, once, before it walks the sums
    std::size_t rule = 0;
    std::int64_t window = INT64_MIN;
    HotCells::Cursor cell;

    // What is stored already is only looked at.
    void walk_from(std::size_t first) {
      rule = first;
      window = INT64_MIN;
      cell = {};
    }
  };
  std::deque<Row> rows;
  std::size_t bytes = 0;
  std::optional<Pass> pass;
};

// Where the sweep after an edit of ladders or budgets has come to.
struct SweepCursor {
  std::vector<std::uint32_t> states;  // still to do, the last one now
  std::int64_t window = INT64_MIN;    // of its hot cells
  HotCells::Cursor cell;
  std::size_t bucket = 0;  // of groups of panes
  bool hot_done = false;
  std::string key;  // the next stored window or cell of it; empty: begin

  void begin() {
    window = INT64_MIN;
    cell = {};
    bucket = 0;
    hot_done = false;
    key.clear();
  }
};

}  // namespace tocsin
