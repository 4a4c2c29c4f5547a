// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tocsin/money.h"
#include "tocsin/result.h"

namespace tocsin::demo {

// What the engine says of itself, asked over its HTTP API as anybody could. Every call waits for
// its answer, 2 s at most; while the engine is down each is a `retry` error.
class EngineApi {
 public:
  explicit EngineApi(int port) : port_(port) {}

  bool ready() const;

  struct Counts {
    std::uint64_t requests = 0;  // counted, duplicates left out
    std::uint64_t unpriced = 0, quarantined = 0;
    std::int64_t next_offset = 0;  // of the topic's one partition
    std::uint64_t queued = 0;      // messages on their way
  };
  Result<Counts> counts() const;

  struct Budget {
    std::string rule;
    std::vector<std::string> group;
    Money total, budget;
  };
  // Of rules with a budget.
  Result<std::vector<Budget>> budgets() const;

  struct Alert {
    std::string id, rule;
    std::vector<std::string> group;
    std::string rung;
    Money amount;
  };
  // The newest `limit`, of budgets or not.
  Result<std::vector<Alert>> alerts(std::size_t limit) const;

 private:
  Result<std::string> get(const std::string& path) const;

  int port_;
};

}  // namespace tocsin::demo
