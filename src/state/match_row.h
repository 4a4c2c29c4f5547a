// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "window/stream_time.h"

namespace tocsin {

// Whether requests match a rule, by the stream's own time: known to the hour, so that it is stored
// twice an hour at most.
struct MatchRow {
  EventTime since = StreamTime::kUnset;  // no request has matched since then; unset: not known
  std::uint64_t requests = 0;            // Count::events then
  bool matching = false;                 // one did in the hour under way, whatever `since` says
  bool told = false;                     // people were, that none did
};

std::string encode_match(const MatchRow& row);
// False: not what encode_match() wrote.
bool decode_match(std::string_view bytes, MatchRow& row);

}  // namespace tocsin
