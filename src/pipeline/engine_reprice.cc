// SPDX-License-Identifier: Apache-2.0
// The steps of a re-pricing that are the state thread's.
#include <utility>

#include "pipeline/engine.h"

namespace tocsin {

void Engine::offer(std::unique_ptr<RepricingStep> step) {
  {
    const std::lock_guard lock(offer_mutex_);
    if (!over_) step_ = std::move(step);
  }
  if (step) {
    step->done.set_value(retry("the engine is stopping"));
  } else {
    exchange_.wake();
  }
}

// Not while other rules are on their way, or groups are judged by new ones: what rings by a
// correction is told as such.
Result<void> Engine::reprice() {
  if (reload_ || setup_.state.sweeping() || (setup_.live && catch_up_.catching_up())) return {};
  std::unique_ptr<RepricingStep> step;
  {
    const std::lock_guard lock(offer_mutex_);
    step = std::move(step_);
  }
  if (!step) return {};
  auto start = reprice(*step);
  const bool failed = !start && start.error().reaction == Reaction::stop;
  const Result<void> ran = failed ? Result<void>(tl::unexpected(start.error())) : Result<void>();
  step->done.set_value(std::move(start));
  return ran;
}

Result<RepricingStart> Engine::reprice(const RepricingStep& step) {
  State& state = setup_.state;
  const WallTime now = setup_.clock.wall();
  RepricingStart start;
  if (step.corrections != nullptr) {
    auto committed = state.correct(*step.corrections, now);
    if (!committed) return tl::unexpected(committed.error());
    if (auto settled = settle(std::move(*committed), Sync::yes); !settled) {
      return tl::unexpected(settled.error());
    }
    setup_.teller.catch_up_ended();
    return start;
  }
  if (step.begin) {
    auto begun = state.begin_repricing(*step.begin, step.keep);
    if (!begun) return begun;
    start = std::move(*begun);
  } else {
    state.give_up_repricing();
  }
  // What is read of the store beside us must be there.
  if (auto stored = commit({.now = now, .sync = Sync::yes}); !stored) {
    return tl::unexpected(stored.error());
  }
  return start;
}

}  // namespace tocsin
