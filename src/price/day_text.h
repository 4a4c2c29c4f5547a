// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace tocsin::prices {

// The day in UTC that begins at `ms`, a day's first millisecond: "2026-11-26".
inline std::string day_text(std::int64_t ms) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(ms / 86'400'000)}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

}  // namespace tocsin::prices
