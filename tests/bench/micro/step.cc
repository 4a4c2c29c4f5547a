// SPDX-License-Identifier: Apache-2.0
// Cells to rungs: what a delta costs once its cell is at hand.
#include <benchmark/benchmark.h>

#include "alert/pane_cell.h"
#include "alert/sum_cell.h"
#include "support/rules.h"

namespace tocsin::bench {
namespace {

Ladder ladder() {
  const Rule rule = user_day_rule("user-day", power_of_ten(15));
  return ladder_for(rule, power_of_ten(15), {0, 1, 2});
}

// A calendar window's sum: rungs that are met, once in a thousand additions.
void step_sum(benchmark::State& state) {
  const Ladder rungs = ladder();
  SumCell cell;
  int128 next = next_reached_at(rungs, 0);
  for (auto _ : state) {
    cell.total += power_of_ten(12);
    ++cell.requests;
    if (cell.total >= next) {
      cell.reached |= newly_met(rungs, cell, 0);
      next = next_reached_at(rungs, cell.reached);
      if (next == kInt128Max) {
        cell = {};
        next = next_reached_at(rungs, 0);
      }
    }
    benchmark::DoNotOptimize(cell.requests);
  }
}

// A rolling window of an hour with an event in each of its panes: the newest pane is added to.
void step_rolling(benchmark::State& state) {
  const Ladder rungs = ladder();
  PaneRule rule;
  rule.panes = Panes::of(std::chrono::hours(1));
  rule.length = std::chrono::hours(1);
  PaneCell cell;
  for (std::int64_t pane = 0; pane < rule.panes.count; ++pane) cell.panes.add({pane, 1, 1});
  std::vector<PaneReached> reached;
  const std::int64_t newest = rule.panes.count - 1;
  for (auto _ : state) {
    cell.panes.add({newest, 1, 1});
    ring(rule, rungs, newest, cell, reached);
    benchmark::DoNotOptimize(reached.size());
  }
}

BENCHMARK(step_sum);
BENCHMARK(step_rolling);

}  // namespace
}  // namespace tocsin::bench
