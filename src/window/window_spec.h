// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <optional>
#include <string>

#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

// A rule's window as written: `window`, `starts` and `time_zone` together. Part of the state's
// fingerprint.
struct WindowSpec {
  WindowKind kind = WindowKind::day;
  Millis length{0};          // rolling: W; under 60 s in whole seconds, else in whole minutes
  int every_days = 0;        // every: local days, >= 1
  std::string zone = "UTC";  // IANA name

  std::chrono::minutes day_start{0};                      // day: after local midnight
  std::chrono::weekday week_start = std::chrono::Monday;  // week
  unsigned month_day = 1;                                 // month: 1..28
  std::chrono::month_day year_start{std::chrono::January, std::chrono::day{1}};  // quarter, year
  std::optional<std::chrono::year_month_day> from;  // every (always), lifetime

  friend bool operator==(const WindowSpec&, const WindowSpec&) = default;
};

// How long after its end a window still takes events: 1 h for windows up to a day, 24 h for longer
// ones and lifetime (architecture.md, Time).
Millis default_lateness(const WindowSpec& spec);

}  // namespace tocsin
