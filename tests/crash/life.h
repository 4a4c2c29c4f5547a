// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "crash/postbox.h"
#include "crash/scenario.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin::crash {

// One life of the engine: its real parts over one store, with a source, receivers and a clock that
// are ours. In one thread, in which each of the engine's goes on in turn, by chance.
struct Life {
  const Scenario& scenario;
  Store& store;
  Postbox::Arrived arrived;
  // A file that is there once version 2 of the rules was accepted; beside the state.
  std::string marker;
  std::string quarantine;  // a file that lines are added to
  std::uint64_t seed = 1;  // of the order in which its threads go on

  // Until all is counted and told; stop: the store has failed, or there is no end to it.
  Result<void> run();
};

// What is left of all lives in the end: totals, counts, alerts recorded and what became of each on
// each channel. Lines, sorted; two runs of a scenario must have the same.
Result<std::vector<std::string>> outcome(const Scenario& scenario, const Store& store);

// Messages of which the store says that they were delivered, "channel key" each.
Result<std::set<std::string>> delivered(const Snapshot& store);
// Messages of which it has any word at all: composed, delivered or parked.
Result<std::set<std::string>> known_messages(const Snapshot& store);

// The lines that one of them has and the other has not, at most ten, for people.
std::string difference(const std::vector<std::string>& wanted, const std::vector<std::string>& got);

}  // namespace tocsin::crash
