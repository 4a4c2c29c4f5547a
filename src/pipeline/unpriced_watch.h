// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "notify/notice.h"
#include "state/state.h"
#include "tocsin/clock.h"

namespace tocsin {

// Decides when people are told of what has no price: of a model once a day, a while after its first
// request, so that the message has figures and models that come together come in one. One thread.
class UnpricedWatch {
 public:
  struct Words {
    Millis gather{30'000};     // from the first request to the message
    std::string zone = "UTC";  // of the times in it
    std::string like;          // what unknown_model names
  };
  explicit UnpricedWatch(Words words) : words_(std::move(words)) {}
  void set(Words words) { words_ = std::move(words); }

  // What is to be told now; each has its row of the outbox, and the state has it as told with its
  // next commit. `at_once`: without waiting for more.
  std::vector<EngineMessage> due(State& state, const Clock& clock, bool at_once);

 private:
  std::optional<EngineMessage> message(State& state, bool unmetered, WallTime now);

  Words words_;
  std::optional<std::chrono::steady_clock::time_point> since_;  // something is untold
};

}  // namespace tocsin
