// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/repricing.h"
#include "sim/random.h"
#include "sim/sim_source.h"
#include "state/memory_store.h"

namespace tocsin::sim {

// Prices again as a process does beside its engine (cli/repricer.h), a little each turn. One
// thread, in which the engine has its turns too.
class SimRepricer {
 public:
  struct Setup {
    Store& store;
    Engine& engine;
    const SimSource::Log& log;
    Random& random;
    std::function<AggregatorSetup()> stage;  // in force
    std::function<Tariff()> tariff;          // the same
    std::function<WallTime()> now;
    std::function<void()> offered;  // a step, which the state thread has yet to do
  };
  explicit SimRepricer(Setup setup) : setup_(std::move(setup)) {}

  // Takes up what a process before left.
  void start();
  void look_for_unpriced() { look_ = true; }
  void order(const RepricingRequest& request);
  void turn();
  bool idle() const { return !look_ && !request_ && !step_; }

 private:
  struct Lane {
    std::uint32_t id = 0;
    std::size_t partition = 0;
    std::int64_t next = 0, until = 0;
  };
  void offer(std::unique_ptr<RepricingStep> step);
  void begin();
  void stepped();
  void anew(const Error& error);
  void open(const RepricingStart& start);
  void read_some();

  Setup setup_;
  bool look_ = false, ending_ = false;
  int attempts_ = 0;
  std::optional<RepricingRequest> request_;
  std::optional<std::future<Result<RepricingStart>>> step_;
  std::unique_ptr<MemoryStore> scratch_;
  std::unique_ptr<Repricing> repricing_;  // reads, or waits to be applied
  std::optional<RepricingResult> result_;
  Corrections corrections_;
  std::vector<Lane> lanes_;
};

// The made-up price lists, by index in kPriceLists.
const PriceList& prices(std::size_t list);
const Tariff& tariff(std::size_t list);

}  // namespace tocsin::sim
