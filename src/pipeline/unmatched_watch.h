// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "notify/notice.h"
#include "pipeline/field_samples.h"
#include "state/state.h"

namespace tocsin {

// Finds rules that match nothing while requests come, so that people are told once, and has what
// such rules ask for looked at meanwhile. One thread.
class UnmatchedWatch {
 public:
  static constexpr Millis kAfter{std::chrono::hours{24}};  // of the stream's own time
  static constexpr std::uint64_t kRequestsMin = 100;       // fewer say nothing
  // From here on what requests have is looked at.
  static constexpr Millis kLookAfter{std::chrono::hours{1}};

  // `samples` outlive us.
  explicit UnmatchedWatch(FieldSamples& samples) : samples_(samples) {}

  enum class How : std::uint8_t {
    look,     // nothing is told yet: the past is caught up with
    tell,     // once a minute of the stream's time
    at_once,  // there will be no later time
  };
  // What is to be told now; it has its row of the outbox, and the state has it as told with its
  // next commit.
  std::optional<EngineMessage> due(State& state, How how);

  // Rules that match nothing, told or not, when it was looked last.
  std::uint64_t rules() const { return count_; }

  // The rules in force are others now.
  void rules_changed() { minute_ = INT64_MIN; }

 private:
  EngineMessage message(const std::vector<State::Unmatched>& rules) const;

  FieldSamples& samples_;
  std::int64_t minute_ = INT64_MIN;  // when it was looked last, and how
  How how_ = How::look;
  std::uint64_t count_ = 0;
};

}  // namespace tocsin
