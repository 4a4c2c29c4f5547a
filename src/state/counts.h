// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "event/decoder.h"
#include "tocsin/money.h"

namespace tocsin {

// What was counted beside the cells; stored with them, so that they survive a restart exactly.
enum class Count : std::uint8_t {
  records,             // read from sources
  events,              // decoded, duplicates left out
  duplicates,          // an id seen before
  future_clamped,      // stamped over max_future ahead of their record
  too_old,             // before state.retention
  late,                // (event, rule) pairs not admitted to their window
  dropped_state,       // (event, rule) pairs of panes that a tick had ended: judged later, or not
  unpriced,            // no price for the model, or for a unit of it
  unmetered,           // neither usage nor cost
  cached,              // answered from the gateway's cache
  values_cut,          // over 256 bytes
  properties_dropped,  // beyond 64
  overflow_groups,     // events of groups beyond max_groups
  ids_forgotten,       // ids dropped before their horizon, for there were too many
  crowded_groups,      // events of groups for which state.memory had no room
  counts_mended,       // a provider's count was more than what holds it
  spans_passed,        // of OpenTelemetry and mappings: no request to a model, or a sum of others
  other_cost,          // duplicates that told another cost than the one that counted
  clamped,             // priced with more reasoning than output: as much as there is output
};
inline constexpr std::size_t kCounts = 19;

struct Counts {
  std::array<std::uint64_t, kCounts> n{};
  std::array<std::uint64_t, kQuarantineReasons> quarantined{};
  Money cost;       // of all events
  Money late_cost;  // of late (event, rule) pairs
  Money saved;      // what those answered from a cache would have cost
  // "provider/model" to unpriced requests and tokens; at most 1,000 names, the rest "(other)".
  struct Unpriced {
    std::uint64_t requests = 0;
    std::uint64_t input_tokens = 0;
    std::uint64_t output_tokens = 0;
  };
  std::map<std::string, Unpriced, std::less<>> unpriced_models;

  std::uint64_t& operator[](Count count) { return n[static_cast<std::size_t>(count)]; }
  std::uint64_t operator[](Count count) const { return n[static_cast<std::size_t>(count)]; }
  void add(const Counts& other);
  void clear();

  std::string encode() const;
  // False: not what encode() wrote.
  bool decode(std::string_view bytes);
};

}  // namespace tocsin
