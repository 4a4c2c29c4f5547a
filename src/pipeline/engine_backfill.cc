// SPDX-License-Identifier: Apache-2.0
// The steps of a backfill that are the state thread's.
#include <utility>

#include "pipeline/engine.h"

namespace tocsin {

void Engine::offer(std::unique_ptr<BackfillStep> step) {
  {
    const std::lock_guard lock(offer_mutex_);
    if (!over_) fill_ = std::move(step);
  }
  if (step) {
    step->done.set_value(retry("the engine is stopping"));
  } else {
    exchange_.wake();
  }
}

// Not while other rules are on their way, or groups are judged by new ones.
Result<void> Engine::backfill() {
  if (reload_ || setup_.state.sweeping() || (setup_.live && catch_up_.catching_up())) return {};
  std::unique_ptr<BackfillStep> step;
  {
    const std::lock_guard lock(offer_mutex_);
    step = std::move(fill_);
  }
  if (!step) return {};
  auto start = backfill(*step);
  const bool failed = !start && start.error().reaction == Reaction::stop;
  const Result<void> ran = failed ? Result<void>(tl::unexpected(start.error())) : Result<void>();
  step->done.set_value(std::move(start));
  return ran;
}

Result<std::optional<BackfillStart>> Engine::backfill(const BackfillStep& step) {
  State& state = setup_.state;
  const WallTime now = setup_.clock.wall();
  if (step.chunk == nullptr) {
    auto start = state.begin_backfill(step.counts);
    if (!start) return start;
    // What is read of the store beside us must be there, and that it was begun once more.
    if (auto stored = commit({.now = now, .sync = Sync::yes}); !stored) {
      return tl::unexpected(stored.error());
    }
    return start;
  }
  const bool last = step.chunk->last;
  auto committed = state.fill(*step.chunk, now);
  if (!committed) return tl::unexpected(committed.error());
  if (auto settled = settle(std::move(*committed), last ? Sync::yes : Sync::no); !settled) {
    return tl::unexpected(settled.error());
  }
  // All of it is told as one.
  if (last) setup_.teller.catch_up_ended();
  return std::nullopt;
}

}  // namespace tocsin
