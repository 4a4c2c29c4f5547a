// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cli/configuration.h"
#include "http/api.h"
#include "notify/notice.h"
#include "pipeline/engine.h"
#include "pipeline/repricing.h"
#include "state/state.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/store.h"

namespace tocsin {

// What somebody asks to be priced again.
struct RepricingOrder {
  RepricingRequest request;
  bool dry_run = false;  // finds what would change, and changes nothing
  bool unasked = false;  // by a new price list: told on the engine route, if it did something
};

// How it goes with the one that runs, or went with the last; a copy.
struct RepricingStatus {
  enum class Phase : std::uint8_t { none, running, done, failed };
  Phase phase = Phase::none;
  RepricingOrder order;
  std::uint64_t records = 0, of = 0;   // read; to be read, as far as it is known
  std::optional<EventTime> read_from;  // the oldest record's stamp
  std::string error;
  RepricingResult result;          // done
  std::vector<std::string> rules;  // their names, by index in `result`
};

// Prices again what was counted, beside the running engine: reads the sources once more by itself,
// at the lowest priority, and has the state thread put right in one commit what it finds. One at a
// time. What was begun and is not done when the process dies is begun anew by the next one.
class Repricer {
 public:
  struct Setup {
    Store& store;
    State& state;
    Engine& engine;
    InForce& in_force;
    const Clock& clock;
    Log& log;
    std::function<void(EngineMessage)> tell;
    // Reads for new rules what was read before, on this thread: one reads once more at a time.
    std::function<void(const std::stop_token&)> backfill{};
  };
  explicit Repricer(Setup setup);
  ~Repricer();

  // Begins with what a process before left; then waits for orders. Once.
  void start();
  // Ends what is under way; the engine must have ended, or be about to.
  void finish();

  // Any thread. retry: another one is under way.
  Result<void> order(const RepricingOrder& order);
  // Other prices may be in force: what of today had no price, and has one by them, is priced.
  // Any thread.
  void look_for_unpriced();
  // New rules may be in force, for which is to be read what was read before. Any thread.
  void look_for_backfills();
  RepricingStatus status() const;

 private:
  void run(const std::stop_token& stop);
  void go_on();
  std::optional<RepricingOrder> unpriced_order() const;
  std::string levels(const RepricingStatus& of) const;
  void work(const RepricingOrder& order, const std::stop_token& stop);
  Result<bool> attempt(const RepricingOrder& order, const std::stop_token& stop);
  Result<RepricingStart> step(std::unique_ptr<RepricingStep> step);
  void give_up(const RepricingOrder& order, const Error& error);
  void tell_done();

  Setup setup_;
  mutable std::mutex mutex_;
  std::condition_variable_any asked_;
  std::optional<RepricingOrder> ordered_;  // guarded by mutex_
  bool look_ = false;                      // guarded by mutex_
  bool fill_ = false;                      // guarded by mutex_
  RepricingStatus status_;                 // guarded by mutex_
  std::jthread thread_;                    // last: it uses the others
};

std::string repricing_json(const RepricingStatus& status);
// Of /api/v1/reprice. To begin: since_ms, and dry_run=1; 202, 400 or 409.
Api::Answer reprice_answer(Repricer& repricer, const Api::Query& query, bool begin);

}  // namespace tocsin
