// SPDX-License-Identifier: Apache-2.0
#include "pipeline/rehearsal.h"

#include <algorithm>
#include <iterator>

namespace tocsin {
namespace {

constexpr Millis kStepMin{1'000};
constexpr std::int64_t kStepsMax = 1'000;

}  // namespace

Result<std::unique_ptr<Rehearsal>> Rehearsal::open(const RehearsalSetup& setup) {
  std::unique_ptr<Rehearsal> made(new Rehearsal(setup));
  auto state = State::open({.store = made->store_,
                            .rules = setup.rules,
                            .fallback = {},
                            .alert_log = made->alert_log_,
                            .limits = {}});
  if (!state) return tl::unexpected(state.error());
  made->state_ = std::move(*state);
  made->aggregator_setup_ = std::make_unique<AggregatorSetup>(
      AggregatorSetup{.rules = setup.rules,
                      .prices = setup.prices,
                      .cost = CostChoice::computed,
                      .ids = made->state_->ids(),
                      .seed = made->state_->seed(),
                      .lateness = std::nullopt,
                      .ticks_from_gaps = true,
                      .drivers = &made->state_->driver_switches()});
  made->aggregator_ = std::make_unique<Aggregator>(*made->aggregator_setup_);
  made->batch_ = std::make_unique<Batch>(made->state_->seed());
  const PartitionName name{"rehearsal", 0};
  made->partition_ = made->state_->add_partition(name);
  made->aggregator_->add_lane({made->partition_, name.topic, Format::native, StreamTime{}});
  return made;
}

Result<Rehearsal::Outcome> Rehearsal::take(std::string_view record) {
  Outcome outcome;
  Record taken;
  taken.offset = offset_++;
  taken.has_timestamp = false;
  taken.value = record;
  for (bool done = false; !done;) {
    aggregator_->begin_records();
    done = aggregator_->take(taken, partition_, *batch_);
    const Work work = batch_->work();
    auto committed = commit(
        {.work = std::span(&work, 1), .tick = batch_->tick ? &*batch_->tick : nullptr, .now = {}},
        outcome);
    if (!committed) return tl::unexpected(committed.error());
    std::move(batch_->set_aside.begin(), batch_->set_aside.end(),
              std::back_inserter(outcome.set_aside));
    batch_->clear();
  }
  return outcome;
}

// In small steps, so that what is judged is told of the time at which it is judged.
Result<Rehearsal::Outcome> Rehearsal::pass(EventTime until) {
  Outcome outcome;
  const EventTime from = state_->watermark();
  if (from == StreamTime::kUnset || from >= until) return outcome;
  const Millis step = std::max(kStepMin, (until - from) / kStepsMax);
  for (EventTime at = from; at < until;) {
    at = std::min(at + step, until);
    if (!state_->waits_for_time(at)) continue;
    const Tick tick{{partition_}, at, {}};
    if (auto committed = commit({.tick = &tick, .now = {}}, outcome); !committed) {
      return tl::unexpected(committed.error());
    }
  }
  return outcome;
}

Result<void> Rehearsal::commit(const CommitInput& input, Outcome& outcome) {
  auto committed = state_->commit(input);
  if (!committed) return tl::unexpected(committed.error());
  std::move(committed->alerts.begin(), committed->alerts.end(), std::back_inserter(outcome.alerts));
  return {};
}

}  // namespace tocsin
