// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tocsin/time.h"

namespace tocsin {

// When a person says from when on: "09:12" of the day that `now` is in, "2026-11-26",
// "2026-11-26T09:12" (or a blank for the T) by the clocks of `zone`; or with seconds and an offset,
// as RFC 3339. Of a reading that comes twice the first is meant. Nothing: no such time.
std::optional<EventTime> parse_since(std::string_view text, EventTime now, const std::string& zone);

}  // namespace tocsin
