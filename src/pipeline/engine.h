// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/catch_up.h"
#include "pipeline/field_samples.h"
#include "pipeline/idleness.h"
#include "pipeline/outage.h"
#include "pipeline/progress_watch.h"
#include "pipeline/teller.h"
#include "pipeline/unmatched_watch.h"
#include "pipeline/unpriced_watch.h"
#include "pipeline/worker.h"
#include "state/state.h"
#include "tocsin/clock.h"
#include "tocsin/disk_room.h"
#include "tocsin/log.h"
#include "tocsin/reading_guard.h"

namespace tocsin {

// How the engine is, for /readyz, /metrics and people; a copy.
struct EngineStatus {
  std::vector<std::string> not_ready{"starting"};  // reasons; empty: ready
  Counts counts;
  State::Sizes sizes;
  std::uint64_t commits = 0;
  std::uint64_t alerts = 0;  // recorded since the start of the process
  EventTime watermark = StreamTime::kUnset;
  bool catching_up = false;
  std::uint64_t halted = 0;           // partitions
  std::uint64_t lost_offsets = 0;     // since the start of the process
  std::uint64_t unmatched_rules = 0;  // UnmatchedWatch::rules()
  std::vector<PartitionRow> partitions;
  std::optional<DiskRoom> disk;  // absent: it is not looked at
  std::string held;              // why nothing is counted now; empty: it is
};

// Writes what was set aside; before the commit that passes it, so that nothing is lost silently.
using QuarantineWriter =
    std::function<Result<void>(const std::vector<SetAside>&, const std::vector<PartitionRow>&)>;

struct EngineSetup {
  std::vector<EngineSource> sources;
  AggregatorSetup aggregator;
  State& state;
  Teller& teller;
  const Clock& clock;
  Log& log;
  QuarantineWriter quarantine;
  BatchLimits batch;
  // A live engine makes ticks from the clock, tells apart old news, and syncs every second. A
  // replay takes ticks from its source and ends with it.
  bool live = true;
  std::function<Tick(std::int64_t, PartitionDirectory&)> replay_tick;
  // Live: what a source turned out to be, before its first record is counted; a refusal stops.
  std::function<Result<void>(const Source&)> identify;
  // Live: room on the state's disk, asked ten times a second. With less than its reserve nothing
  // further is counted, before a write fails for it. Empty: it is not looked at.
  std::function<DiskRoom()> room{};
  ReadingGuard* guard = nullptr;    // of the sources; outlives the engine
  UnpricedWatch::Words unpriced{};  // live: how people are told of what has no price
};

// What takes the place of rules, prices and limits while the engine runs; made ready elsewhere.
struct Reload {
  std::shared_ptr<PreparedRules> rules;  // of the engine's state; freed by the caller
  std::vector<std::unique_ptr<Aggregator>> aggregators;  // Engine::workers() of them
  UnpricedWatch::Words unpriced{};
  // It is in force from here on, and nothing it brings about is told yet. State thread, no waiting.
  std::function<void()> in_force;
  // Set when it is in force, to how long the stream waited for it; or to why not: reject, nothing
  // is changed, for these rules cannot be kept; retry, for the engine was told to end; stop, it
  // fails.
  std::promise<Result<std::chrono::microseconds>> done;
};

// What a re-pricing asks of the state thread: to begin, to put right what it found, or to end
// without. Made ready elsewhere.
struct RepricingStep {
  std::optional<RepricingRequest> begin;
  bool keep = false;                         // begin: State::begin_repricing()
  const Corrections* corrections = nullptr;  // lives until `done`; absent, and no `begin`: the end
  // Set when it is done. retry: nothing is changed, for the engine was told to end, or other rules
  // or prices are in force.
  std::promise<Result<RepricingStart>> done;
};

// The same of a backfill: to begin, or to add some cells.
struct BackfillStep {
  const BackfillChunk* chunk = nullptr;  // lives until `done`; null: begin
  bool counts = false;                   // begin: State::begin_backfill()
  // Set when it is done; nothing: there is none to begin, or the chunk is added. retry: nothing is
  // changed, for the engine was told to end, or it was not begun.
  std::promise<Result<std::optional<BackfillStart>>> done;
};

// Joins sources, stage 1 and the state. run() is the state thread; status() any thread.
class Engine {
 public:
  explicit Engine(EngineSetup setup);
  ~Engine();

  // Until `stop` (then what was read is committed and synced), the end of all sources, or an error:
  // then the process must end.
  Result<void> run(const std::atomic<bool>& stop);

  // What run() is made of, for who turns all loops in one thread: start(), then turns of the state
  // thread and of the workers in any order, then finish(). After an error the process must end.
  Result<void> start();
  // One turn of the state thread, which waits at most `wait` for something to commit.
  Result<void> turn(Millis wait);
  // One turn of a worker (Worker::turn).
  bool turn_worker(std::size_t worker, Millis wait) { return workers_[worker]->turn(wait); }
  // All sources have ended and all is committed; or one broke.
  bool over() const { return exchange_.finished() || exchange_.error(); }
  // Syncs what is committed. What was read and is not is read again at the next start.
  Result<void> finish();

  EngineStatus status() const;

  // What all aggregators of a live engine are watched by, also those of a reload.
  EventWatch* watch() { return &samples_; }

  // Turns of the loops, for whoever watches whether they still turn; Worker::kEnded: that one has
  // nothing more to do. Any thread.
  std::uint64_t turns() const { return turns_.load(std::memory_order_relaxed); }
  std::size_t workers() const { return workers_.size(); }
  std::uint64_t turns_of_worker(std::size_t worker) const { return workers_[worker]->turns(); }

  // Any thread: takes effect between two commits, no event is counted by a mix of both. One at a
  // time: `done` of the one before must be set.
  void offer(std::unique_ptr<Reload> reload);
  // The same: it is done between two commits, while nothing is caught up with.
  void offer(std::unique_ptr<RepricingStep> step);
  void offer(std::unique_ptr<BackfillStep> step);

 private:
  static constexpr Millis kSyncEvery{1'000};

  Result<void> run_until(const std::atomic<bool>& stop);
  Result<void> reload();
  Result<void> exchange();
  void refuse_reloads();
  Result<void> reprice();
  Result<RepricingStart> reprice(const RepricingStep& step);
  Result<void> backfill();
  Result<std::optional<BackfillStart>> backfill(const BackfillStep& step);
  Result<void> commit(std::vector<Exchange::Taken> taken);
  Result<void> commit(const CommitInput& input);
  Result<void> settle(Committed committed, Sync sync);
  Result<void> housekeeping();
  void take_notices(const Batch& batch);
  void take_notice(const SourceNotice& notice, std::uint32_t partition);
  void note_positions();
  Result<void> watch_progress();
  void take_halt(const SourceNotice& notice, std::uint32_t partition, const std::string& where);
  void take_over_partitions();
  void leave_behind();
  bool held();
  void begin_hold();
  void end_hold();
  Result<void> hold(Millis wait);
  void tell_hold();
  void tell_outages();
  void tell_set_aside(const std::vector<SetAside>& set_aside);
  void tell_other_cost(const OtherCost& copy);
  void tell_counts();
  Result<void> tell_unpriced(bool at_once);
  Result<void> tell_unmatched(UnmatchedWatch::How how);
  void publish();
  void mirror();

  EngineSetup setup_;
  FieldSamples samples_;  // of what rules that match nothing ask for
  PartitionDirectory directory_;
  Exchange exchange_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_workers_{false};

  std::mutex offer_mutex_;
  std::unique_ptr<Reload> offered_;      // guarded by offer_mutex_
  std::unique_ptr<RepricingStep> step_;  // guarded by offer_mutex_
  std::unique_ptr<BackfillStep> fill_;   // guarded by offer_mutex_
  bool over_ = false;                    // guarded by offer_mutex_
  std::unique_ptr<Reload> reload_;       // accepted, waits for what was read before
  std::chrono::steady_clock::time_point reload_since_{};

  CatchUp catch_up_;
  Idleness idleness_;
  ProgressWatch progress_;
  UnpricedWatch unpriced_;
  UnmatchedWatch unmatched_;
  std::chrono::steady_clock::time_point synced_at_{};
  bool unsynced_ = false;
  bool identified_ = false;
  bool ended_ = false;                          // the sources have, before anybody asked for it
  std::map<std::string, std::string> trouble_;  // why not ready, by subject
  Outage outage_;
  std::optional<DiskRoom> room_;
  std::chrono::steady_clock::time_point looked_for_room_{};
  std::string held_;  // why; empty: it is not
  Outage full_;
  Counts told_;
  std::uint64_t alerts_ = 0;
  std::uint64_t lost_offsets_ = 0;
  std::set<std::uint32_t> halted_;
  std::atomic<std::uint64_t> turns_{0};

  mutable std::mutex status_mutex_;
  EngineStatus status_;
};

}  // namespace tocsin
