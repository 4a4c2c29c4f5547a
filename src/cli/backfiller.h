// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>

#include "cli/configuration.h"
#include "notify/notice.h"
#include "pipeline/engine.h"
#include "state/state.h"
#include "tocsin/clock.h"
#include "tocsin/log.h"
#include "tocsin/store.h"

namespace tocsin {

// Counts for rules that came into force while the engine ran, or was stopped, what was read before
// they did: as far back as their open windows and the sources reach. What a process leaves undone
// the next one goes on with. One thread, which is nobody else's meanwhile.
class Backfiller {
 public:
  struct Setup {
    Store& store;
    State& state;
    Engine& engine;
    InForce& in_force;
    const Clock& clock;
    Log& log;
    std::function<void(EngineMessage)> tell;
  };
  explicit Backfiller(Setup setup) : setup_(std::move(setup)) {}

  // All that is to be filled; returns early when it is told to stop.
  void work(const std::stop_token& stop);

 private:
  struct Done {
    std::vector<std::string> rules;
    std::uint64_t records = 0;
    std::size_t cells = 0;
    std::optional<EventTime> wanted, oldest;  // records from then on; the oldest there was
    bool from_the_beginning = false;          // and there never were older ones
  };
  Result<std::optional<BackfillStart>> step(const BackfillChunk* chunk, bool counts = false);
  Result<std::optional<Done>> attempt(BackfillStart start, const std::stop_token& stop);
  void give_up(const BackfillStart& start, const Error& error);
  void tell_done(const Done& done);

  Setup setup_;
};

}  // namespace tocsin
