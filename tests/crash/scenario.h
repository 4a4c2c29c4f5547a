// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/engine_fixture.h"
#include "price/price_list.h"
#include "rule/rule.h"
#include "state/state.h"
#include "tocsin/source.h"

namespace tocsin::crash {

// What every life of a crash test counts: the same requests and rules each time.
struct Scenario {
  // Three partitions of `records` together: disorder, late requests, duplicates, broken records.
  static Scenario make(std::uint64_t seed, std::size_t records);

  std::vector<PartitionName> names;
  std::vector<std::vector<ScriptedRecord>> partitions;
  std::size_t records = 0;
  // Version 1 and 2 of the rules: the second has a further rung that is met late, and lacks the
  // rules named "temporary…".
  std::shared_ptr<const std::vector<Rule>> versions[2];
  std::shared_ptr<const PriceList> prices;
};

inline constexpr std::int64_t kScenarioStart = 20'400LL * 86'400'000 + 43'200'000;

// So small that cells are spilled, evicted and trimmed all the time.
StateLimits small_limits();

// Hands out a scenario's records, each partition from where the state goes on, a few each poll, and
// at the end says so.
class ScenarioSource final : public Source {
 public:
  static constexpr unsigned kWorkers = 2;

  ScenarioSource(const Scenario& scenario, const std::vector<PartitionRow>& known);

  std::string identity() const override { return "scenario"; }
  std::vector<PartitionName> partitions() const override { return scenario_.names; }
  Result<std::span<const Record>> poll(unsigned worker, std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices) override;
  void request_end_offsets() override {}
  void mirror(std::span<const std::pair<PartitionName, std::int64_t>>) override {}

 private:
  struct Reading {
    std::int64_t next = 0;
    bool known = false;
    bool told_begin = false, told_end = false;
  };
  const Scenario& scenario_;
  std::vector<Reading> readings_;            // by partition; each is its worker's alone
  std::vector<std::vector<Record>> handed_;  // by worker
};

}  // namespace tocsin::crash
