// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "alert/sketch.h"
#include "tocsin/decimal.h"
#include "tocsin/time.h"

namespace tocsin {

// Of rules whose `min_cost` asks for more than their metric: a delta of its own, of no requests.
inline constexpr SketchElement kCostElement = 0x7fff'ffff;
// Of first_seen: `latest` is when it came by its partition's stream time, the least of these.
inline constexpr SketchElement kFirstElement = 0x7fff'fffe;

// What a batch of events adds to one cell.
struct Delta {
  std::uint32_t rule = 0;     // index in the rule set
  SketchElement element = 0;  // to be added `requests` times; kCostElement: the amount is the cost
  std::int64_t at = 0;        // start of the calendar window in ms, or of the part of it since
                              // the last change of budgets; or index of the pane
  std::string_view group;     // key (tocsin/group.h); lives as long as the Fold's content
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

  // Of `delta` the group is copied. The index of the cell's one in deltas().
  std::uint32_t add(const Delta& delta);
  std::span<const Delta> deltas() const { return deltas_; }
  void clear();

 private:
  std::uint64_t hash_of(const Delta& delta) const;
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
