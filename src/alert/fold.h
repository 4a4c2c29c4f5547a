// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tocsin/decimal.h"
#include "tocsin/time.h"

namespace tocsin {

// What a batch of events adds to one cell.
struct Delta {
  std::uint32_t rule = 0;  // index in the rule set
  std::int64_t at = 0;     // start of the calendar window in ms, or index of the pane
  std::string_view group;  // key (tocsin/group.h); lives as long as the Fold's content
  int128 amount = 0;
  std::int64_t requests = 0;
  EventTime latest{};  // greatest event time
};

// Folds amounts into one Delta per cell, in the order in which the cells are first met. No
// allocation once warm. One thread.
class Fold {
 public:
  // `seed` makes the hash unpredictable to who chooses group values.
  explicit Fold(std::uint64_t seed);

  void add(std::uint32_t rule, std::int64_t at, std::string_view group, int128 amount,
           EventTime time);
  std::span<const Delta> deltas() const { return deltas_; }
  void clear();

 private:
  void grow();
  std::string_view keep(std::string_view group);

  std::uint64_t seed_;
  std::vector<Delta> deltas_;
  std::vector<std::uint64_t> slots_;  // high 32 bits of the hash, index in deltas_ + 1; 0: free
  std::vector<std::unique_ptr<char[]>> blocks_;  // texts of groups
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

}  // namespace tocsin
