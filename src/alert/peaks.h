// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alert/distinct_hashes.h"
#include "alert/unfilled.h"
#include "tocsin/decimal.h"

namespace tocsin {

// How high a rule's windows came, whether or not a rung was reached: the highest ones by group and
// window, and how many windows there were. Only what has the requests that the rule asks for is
// offered. One thread.
class Peaks {
 public:
  static constexpr std::size_t kKept = 64;

  struct Peak {
    int128 value = 0;              // of the metric
    std::optional<int128> budget;  // of the group; absent for thresholds
    std::int64_t start = 0;        // of the window or slot, in ms
    std::string group;             // key (tocsin/group.h)
    // What they are ordered by: the share of the budget in millionths, else the value.
    int128 score = 0;
  };

  // The window of `group` that starts at `start` stands at `value`. It may be offered again.
  void offer(std::int64_t start, std::string_view group, int128 value,
             std::optional<int128> budget);
  void window(std::int64_t start) {
    if (!windows_.empty() && start == last_window_) return;
    windows_.insert(start);
    last_window_ = start;
  }
  // So many more requests are the rule's.
  void matched(std::int64_t requests) { matched_ += requests; }
  // A (group, window) is met for the first time.
  void cell() { ++cells_; }

  // What a group has spent in a window with this budget went from `before` to `after`. Only of sums
  // in windows of a calendar, where the group has a budget.
  void spent(std::string_view group, int128 before, int128 after, int128 budget);

  // What was spent beyond the groups' budgets.
  struct Beyond {
    std::size_t groups = 0;       // that spent anything
    std::size_t over_groups = 0;  // that went beyond theirs, in one window at least
    int128 spent = 0;
    int128 beyond = 0;  // what of it was beyond
  };
  Beyond beyond() const { return {groups_.size(), over_.size(), spent_, beyond_}; }

  // Of a sum: a group came to so much more.
  void took(std::string_view group, int128 amount) { unfilled_.add(group, amount); }
  // What of it is in groups without a value.
  const Unfilled& unfilled() const { return unfilled_; }

  // Highest first; at most kKept.
  const std::vector<Peak>& highest() const { return highest_; }
  // Distinct windows with events, whatever their groups.
  std::size_t windows() const { return windows_.size(); }
  // Distinct (group, window); 0 where windows are rolling.
  std::uint64_t cells() const { return cells_; }
  std::int64_t requests() const { return matched_; }

 private:
  std::vector<Peak> highest_;
  std::set<std::int64_t> windows_;
  std::int64_t last_window_ = 0;
  std::uint64_t cells_ = 0;
  std::int64_t matched_ = 0;
  DistinctHashes groups_, over_;
  int128 spent_ = 0;
  int128 beyond_ = 0;
  Unfilled unfilled_;
};

}  // namespace tocsin
