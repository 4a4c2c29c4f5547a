// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "cli/real_clock.h"
#include "pipeline/engine.h"
#include "pipeline/replay.h"

namespace tocsin {

// How far an input was read, for who draws it. Any thread.
struct InputProgress {
  std::atomic<std::int64_t> bytes_read{0};
  std::int64_t bytes = 0;  // of the file; 0: nobody knows
};

// What is backtested: a plain file of events, standard input or a recording. Outlives the engine.
class BacktestInput {
 public:
  // reject: it cannot be opened.
  static Result<std::unique_ptr<BacktestInput>> open(const std::string& from, unsigned workers,
                                                     InputProgress& progress);

  bool recording() const { return replay_ != nullptr; }
  // How many price lists were in force while it was recorded, once it is read; 0: nobody noted it.
  std::size_t price_lists() const { return prices_.size(); }
  // Makes it the only source of the engine.
  void join(EngineSetup& setup, const RecordFormat& format);

 private:
  BacktestInput() = default;

  RealClock clock_;
  unsigned workers_ = 1;
  std::set<std::string> prices_;
  std::unique_ptr<ReplayInput> input_;
  std::unique_ptr<ReplaySource> replay_;
  std::unique_ptr<Source> file_;
};

}  // namespace tocsin
