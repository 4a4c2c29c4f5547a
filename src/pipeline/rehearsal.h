// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "pipeline/aggregator.h"
#include "state/memory_store.h"
#include "state/state.h"

namespace tocsin {

// What a rehearsal goes by; outlives it.
struct RehearsalSetup {
  const std::vector<Rule>& rules;
  const PriceList& prices;
};

// Stage 1 and the state as the engine has them, in memory and in the caller's thread: one
// partition, each record a commit of its own. So it is known at which request a rung was reached.
// Between records that are over two minutes apart time passes as in a plain file (Aggregator). One
// thread.
class Rehearsal {
 public:
  // reject: a rule cannot be kept.
  static Result<std::unique_ptr<Rehearsal>> open(const RehearsalSetup& setup);

  // What one record, or time, brought.
  struct Outcome {
    std::vector<Recorded> alerts;
    std::vector<SetAside> set_aside;
  };
  // A record without a timestamp of its own, as a line of a file is.
  Result<Outcome> take(std::string_view record);
  // Time goes on without records, as far as any rule waits for it.
  Result<Outcome> pass(EventTime until);

 private:
  struct NoLog final : AlertLog {
    void append(const Recorded&, WriteBatch&) override {}
    void append(const Resolved&, WriteBatch&) override {}
  };
  explicit Rehearsal(const RehearsalSetup& setup) : setup_(setup) {}
  Result<void> commit(const CommitInput& input, Outcome& outcome);

  RehearsalSetup setup_;
  MemoryStore store_;
  NoLog alert_log_;
  std::unique_ptr<State> state_;
  std::unique_ptr<AggregatorSetup> aggregator_setup_;
  std::unique_ptr<Aggregator> aggregator_;
  std::unique_ptr<Batch> batch_;
  std::uint32_t partition_ = 0;
  std::int64_t offset_ = 0;
};

}  // namespace tocsin
