// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "price/price_list.h"
#include "tocsin/decimal.h"
#include "tocsin/event.h"
#include "tocsin/time.h"

namespace tocsin {

// Has stage 1, which reads records once more, fold not what events cost, but by how much that
// differs from what they were counted with.
class Correction {
 public:
  struct Counted {
    const Event& event;
    EventTime time{};         // as it counts
    EventTime record_time{};  // of its record
    std::uint32_t partition = 0;
    std::int64_t offset = 0;
    bool trusted = false;  // the stamps of its partition, by now: its stream time is known
    const Cost& cost;      // by the prices in force
  };

  virtual ~Correction() = default;
  // An event that counts. False: nothing of it differs.
  virtual bool differs(const Counted& counted) = 0;
  // Of the event that was asked for last, for the cell of a rule that it belongs to; nothing: that
  // is left as it is.
  virtual std::optional<int128> difference(std::uint32_t rule, std::int64_t at) = 0;
};

}  // namespace tocsin
