// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tocsin/time.h"

namespace tocsin {

// When a person says until when: "midnight", the next there is by the clocks of `zone`; "18:00", of
// the day that `now` is in, or of the next where that is past; else a date or a time as
// parse_since() takes it. Nothing: no such time.
std::optional<EventTime> parse_until(std::string_view text, EventTime now, const std::string& zone);

}  // namespace tocsin
