// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "notify/notifier.h"
#include "notify/outbox.h"
#include "pipeline/engine.h"
#include "pipeline/notifier_teller.h"
#include "sim/history.h"
#include "sim/plan.h"
#include "sim/sim_repricer.h"
#include "sim/sim_source.h"
#include "sim/sim_store.h"
#include "state/state.h"
#include "support/manual_clock.h"
#include "tocsin/crash_point.h"
#include "tocsin/log.h"

namespace tocsin::sim {

struct NoLog final : Log {
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// One run: a topic that grows, a disk, a clock and receivers, and processes of the engine that live
// and die over them. One thread; as only one can set the crash hook, one world at a time.
class World {
 public:
  explicit World(const Plan& plan);
  ~World();

  // What was wrong; empty: nothing.
  std::vector<std::string> run();

  // For checks and stories.
  const Plan& plan() const { return plan_; }
  const History& history() const { return history_; }
  const SimStore& store() const { return store_; }
  const Received& received() const { return received_; }
  const std::vector<std::shared_ptr<const Version>>& versions() const { return versions_; }
  const auto& quarantined() const { return quarantined_; }
  Millis lasted() const { return clock_.wall() - began_; }
  std::uint64_t deaths() const { return deaths_; }
  std::uint64_t reloads() const { return reloads_; }
  std::uint64_t rule_edits() const { return rule_edits_; }

 private:
  struct Process;
  struct Died {};  // thrown at a crash point

  void append();
  void advance(Millis most);
  void turn();
  void act(double crash);
  void started();
  void bury(bool killed);
  void restart();
  void edit();
  void order();
  std::shared_ptr<const Version> next_version();
  void meet_step();
  bool drawn(double probability) { return faults_on_ && random_.chance(probability); }
  void maybe_arm();
  void stored(std::uint64_t number, const WriteBatch& batch);
  void sending(const HttpRequest& request, const std::string& key);
  void mirrored(const PartitionName& name, std::int64_t offset);
  bool all_consumed() const;
  bool all_swept() const;
  bool at_rest() const;
  void heal();
  void fault(std::string text);
  static void on_crash_point(CrashStep step, CrashEdge edge);

  const Plan plan_;
  TransportFaults transport_;
  bool faults_on_ = true;
  Random random_;
  ManualClock clock_;
  WallTime began_{};
  NoLog log_;
  SimStore store_;
  Received received_;
  History history_;
  std::vector<RecordSpec> traffic_;
  std::size_t appended_ = 0;
  std::vector<RuleSpec> ever_;
  std::vector<std::shared_ptr<const Version>> versions_;
  std::shared_ptr<const Version> file_;                // what the files say now
  std::shared_ptr<const Version> in_force_;            // by the newest commit
  std::map<std::uint32_t, std::size_t> partition_of_;  // by the state's id
  std::set<std::tuple<std::size_t, std::int64_t, std::size_t, QuarantineReason>> quarantined_;
  std::unique_ptr<Process> process_;
  std::optional<std::int64_t> crash_in_;  // crash points
  std::uint64_t deaths_ = 0, reloads_ = 0, rule_edits_ = 0;
  std::vector<std::string> faults_;
};

// What is wrong with what a run has left, when all is delivered.
std::vector<std::string> check(const World& world);
// The same at any time when no sweep is on its way, without what is still to be delivered: what the
// API would show of the store.
std::vector<std::string> check_midway(const World& world);
// The same records, rules and ticks once more, as a recording: in other batches, by other workers,
// with nothing that fails. Where it leaves other alerts or money. Runs without other rules on the
// way, and without the exceptions that the architecture lists.
std::vector<std::string> check_again(const World& world);

}  // namespace tocsin::sim
