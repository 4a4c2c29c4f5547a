// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "alert/peaks.h"
#include "cli/backtest_input.h"
#include "cli/message_tally.h"
#include "price/price_list.h"
#include "rule/config.h"
#include "state/counts.h"

namespace tocsin {

// What one rule told.
struct RuleTally {
  std::uint64_t alerts = 0;
  std::map<std::string, std::uint64_t> by_rung;
  std::unordered_set<std::string> groups;  // as text
  std::optional<Alert> first;              // by its time
};

// What became of a backtest; of one that was stopped or broke off, up to there.
struct BacktestResult {
  Counts counts;
  std::optional<EventTime> first, last;  // event times
  std::vector<RuleTally> rules;          // by index, as those below
  std::vector<Peaks> peaks;
  std::map<std::string, MessageTally::Channel> channels;
  std::array<std::string, kQuarantineReasons>
      first_set_aside;                // "events.jsonl:45: usage.input: -5"
  std::vector<std::string> troubles;  // whatever else there was, as lines
  bool stopped = false;               // before the end, by a person
  std::optional<std::string> broke;   // why it could not be read on
};

// Records a commit, at most: of many more what they change together is in no cache.
inline constexpr std::size_t kBacktestBatch = 2'500;

struct BacktestSetup {
  const Config& config;
  const std::vector<Rule>& rules;
  const PriceList& prices;
  std::string from;                   // a file, or `-`
  const KafkaRange* kafka = nullptr;  // in its place; outlives the run
  unsigned workers = 1;
  std::size_t batch = kBacktestBatch;
  InputProgress& progress;
  const std::atomic<bool>& stop;
  EventWatch* watch = nullptr;                // sees every event too
  std::function<void(const Alert&)> alert{};  // sees every alert
};

// Runs the rules over the input, all in memory. reject: the input cannot be opened, or a rule
// cannot be kept.
Result<BacktestResult> run_backtest(const BacktestSetup& setup);

}  // namespace tocsin
