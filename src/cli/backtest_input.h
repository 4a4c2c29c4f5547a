// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "cli/input_progress.h"
#include "cli/kafka_range.h"
#include "cli/real_clock.h"
#include "pipeline/engine.h"
#include "pipeline/replay.h"

namespace tocsin {

// What is backtested: a plain file of events, standard input, a recording or a range of Kafka's
// topics. Outlives the engine.
class BacktestInput {
 public:
  // reject: it cannot be opened.
  static Result<std::unique_ptr<BacktestInput>> open(const std::string& from, unsigned workers,
                                                     InputProgress& progress);
  // The same of a range of Kafka's topics, which outlives it.
  static Result<std::unique_ptr<BacktestInput>> open(const KafkaRange& range, unsigned workers,
                                                     InputProgress& progress);

  // Whether records stand in partitions, at offsets, and not in lines.
  bool partitioned() const { return replay_ != nullptr; }
  // How many price lists were in force while it was recorded, once it is read; 0: nobody noted it.
  std::size_t price_lists() const { return prices_.size(); }
  // Makes it the only source of the engine. Records are written as the sources of `of_rules` say,
  // those of a range as its own.
  void join(EngineSetup& setup, const Config& of_rules);

 private:
  BacktestInput() = default;

  RealClock clock_;
  std::unique_ptr<Log> log_;
  unsigned workers_ = 1;
  const Config* config_ = nullptr;  // of a range
  std::set<std::string> prices_;
  std::unique_ptr<ReplayInput> input_;
  std::unique_ptr<ReplaySource> replay_;
  std::unique_ptr<Source> file_;
};

}  // namespace tocsin
