// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "pipeline/worker.h"
#include "sim/receivers.h"
#include "sim/rules.h"
#include "sim/traffic.h"
#include "state/state.h"

namespace tocsin::sim {

// What a run is asked for.
struct Options {
  std::uint64_t seed = 1;
  std::size_t records = 0;        // at most so many; 0: as drawn
  std::set<std::string> without;  // crash, power, reload, transport, restart, reprice
};

// All that a seed decides before its run begins; swarm style, for each seed has faults of its own.
struct Plan {
  Options options;
  TrafficPlan traffic;
  RulesPlan rules;
  double backlog = 0;  // the part of the span that has passed when the engine first starts
  StateLimits limits;
  Millis max_future{300'000}, group_interval{30'000};
  BatchLimits batch;
  unsigned workers = 1;
  int of_worker = 1, of_engine = 1, of_notifier = 1, of_clock = 1;  // how often each has its turn
  double crash = 0, restart = 0, reload = 0;                        // per turn
  double power = 0;    // of the crashes, those that take the power too
  bool grows = false;  // partitions are added to the topic when their first records come
  // Requests are priced again: prices change, and what is the share of that among the reloads; how
  // often somebody asks for it, per turn; and how often a step of it is met by a death.
  bool reprices = false;
  double price_edits = 0, orders = 0, deaths_by_step = 0;
  int of_repricer = 0;
  bool edits_change_rules = false;  // edits add and remove, not only other ladders
  TransportFaults transport;

  std::string text() const;
};

Plan draw_plan(const Options& options);

}  // namespace tocsin::sim
