// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "tocsin/time.h"

namespace tocsin::wire {

// What a time without an offset means.
enum class Zone : std::uint8_t { required, utc_if_absent };

// RFC 3339 (any offset, any fraction; a blank or 't' for the 'T'), or a decimal number since 1970:
// seconds below 10^11, milliseconds below 10^14, microseconds below 10^17, else nanoseconds.
// What is finer than a millisecond is dropped. Nothing for other text, for days that do not
// exist, for times before 1970 and for numbers of 10^20 or more.
std::optional<EventTime> read_timestamp(std::string_view text, Zone zone);

// Of these two what a source's times are known to be: a date and a time; or a decimal number of
// parts of a second since 1970, of which a second has 10^`power`.
std::optional<EventTime> read_date_time(std::string_view text, Zone zone);
std::optional<EventTime> read_epoch(std::string_view text, int power);

}  // namespace tocsin::wire
