// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tocsin/time.h"

namespace tocsin {

// Strict readers of a scalar's text: the whole text or nothing, no blanks, no signs, no exponents,
// no leading zeros that could mean octal.

// "true" or "false".
std::optional<bool> parse_bool(std::string_view text);

// "0", "1000", "20k", "50M", "1.5M": a whole number from 0 to 10^15.
std::optional<std::int64_t> parse_count(std::string_view text);

// "500ms", "30s", "5m", "1h", "2d" (of 24 hours): one unit, at most 100 years.
std::optional<Millis> parse_duration(std::string_view text);

// "65536", "64KB", "256MB", "4GB": binary units.
std::optional<std::int64_t> parse_bytes(std::string_view text);

// "2026-11-20", a date that exists.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);

// "2026-11-20T10:00:00.123Z", with an offset or Z; seconds and fraction may be left out.
std::optional<EventTime> parse_time(std::string_view text);

}  // namespace tocsin
