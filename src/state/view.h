// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rule/rule.h"
#include "tocsin/alert.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin {

// A cell as people and programs are shown it.
struct CellView {
  const Rule* rule = nullptr;  // nullptr: no rule has this state now
  std::string name;            // of the rule
  std::vector<std::pair<std::string, std::string>> group;
  Metric metric = Metric::cost;
  Window window;     // rolling: what W covers up to the latest event
  int128 total = 0;  // metric.h
  std::optional<int128> budget;
  std::optional<std::size_t> rung;  // the highest reached, index in rule->ladder

  std::uint32_t state = 0;           // StateRow::id
  std::string key;                   // of the group (tocsin/group.h)
  std::int64_t requests = 0;         // in the window; for ratios the denominator
  int128 amount = 0;                 // of the metric; for ratios the numerator
  std::vector<std::size_t> reached;  // every rung reached, indices in rule->ladder
  // Rungs whose condition holds and is not told yet, for their `for` is not over.
  struct Holding {
    std::size_t rung = 0;
    EventTime since{};
  };
  std::vector<Holding> holding;
};

// Reads a snapshot of a state: any thread, beside the running engine, changing nothing.
class StateView {
 public:
  // `rules` as the engine has them; they must outlive the view. Of the cells of one window at most
  // `most_held` are in memory; where there are more the journal is read again for the others.
  StateView(const Snapshot& snapshot, const std::vector<Rule>& rules,
            std::size_t most_held = 20'000)
      : snapshot_(snapshot), rules_(rules), most_held_(most_held) {}

  // Every cell, open or closed, windows newest first, until `cell` answers false.
  Result<void> cells(const std::function<bool(const CellView&)>& cell) const;
  // The same, of one rule of `rules`.
  Result<void> cells_of(const Rule& rule, const std::function<bool(const CellView&)>& cell) const;
  // Recorded alerts, newest first, until `alert` answers false.
  Result<void> alerts(const std::function<bool(const Alert&)>& alert) const;

 private:
  const Snapshot& snapshot_;
  const std::vector<Rule>& rules_;
  const std::size_t most_held_;
};

}  // namespace tocsin
