// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "tocsin/event.h"

namespace tocsin {

// Sixteen bits of what a producer says that an event cost: its counts, its own cost, whether it was
// cached. Not the model, which one producer names in several ways, and not our price, which may
// change between two copies: another mark is another claim about one request. Never 0. The seed
// keys it. Any thread.
class CostMark {
 public:
  explicit CostMark(std::uint64_t seed);

  std::uint16_t of(const Event& event) const {
    std::uint64_t sum = counted(event.usage, std::make_index_sequence<kUnits>());
    if (event.reported_cost) sum += reported(*event.reported_cost);
    if (event.cached) sum += keys_[kUnits + 3];
    if (!event.usage.others.empty()) sum += others(event.usage);
    // High bits of a sum of products are spread well, low ones are not.
    const auto mark = static_cast<std::uint16_t>(sum >> 48);
    return mark == 0 ? std::uint16_t{1} : mark;
  }

 private:
  // Without a loop, which would cost as much again.
  template <std::size_t... I>
  std::uint64_t counted(const Usage& usage, std::index_sequence<I...>) const {
    return keys_[kUnits] + ((keys_[I] * static_cast<std::uint64_t>(usage.counts[I])) + ...);
  }
  std::uint64_t reported(Money cost) const {
    const auto pico = static_cast<uint128>(cost.pico());
    return keys_[kUnits + 1] * static_cast<std::uint64_t>(pico) +
           keys_[kUnits + 2] * static_cast<std::uint64_t>(pico >> 64);
  }
  std::uint64_t others(const Usage& usage) const;

  std::array<std::uint64_t, kUnits + 4> keys_{};
};

}  // namespace tocsin
