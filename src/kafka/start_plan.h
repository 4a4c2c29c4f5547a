// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "tocsin/source.h"

namespace tocsin::kafka {

// What a partition's log holds: the offsets [low, high).
struct LogRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

// What to do with a partition whose Position is known.
struct StartPlan {
  enum class Kind : std::uint8_t {
    read,      // from `offset` on
    verify,    // from `offset`, the last record delivered, which must have the Position's hash
    lost,      // from `offset` on; all between the Position and it is gone
    unproven,  // from `offset` on; the last record is gone, so it cannot be verified
    vanished,  // the log ends before the Position: another topic, or a cut one
  };
  Kind kind = Kind::read;
  std::int64_t offset = 0;
};

StartPlan plan_start(const Position& position, const LogRange& log);

}  // namespace tocsin::kafka
