// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "tocsin/time.h"

namespace tocsin {

// What a wall clock and a calendar in some zone show at an instant.
struct LocalTime {
  int year = 1970;
  unsigned month = 1, day = 1;  // from 1
  unsigned weekday = 0;         // 0 is Sunday
  int hour = 0, minute = 0, second = 0;
  std::string offset_name;  // "CET", "UTC", "+03"
  bool ambiguous = false;   // the same reading comes twice, in the night the clock is set back

  bool midnight() const { return hour == 0 && minute == 0 && second == 0; }
  // Days since 1970-01-01 by the calendar, to compare dates.
  std::chrono::local_days date() const;
};

// In the IANA zone `zone`; in UTC if this machine doesn't know it. Any thread. Years outside
// -30000..30000 are shown as those bounds.
LocalTime local_time(EventTime t, const std::string& zone);

// "Sat 21 Nov"; with the year "Sat 21 Nov 2026".
std::string date_text(const LocalTime& t, bool with_year = false);
// "21 Nov"; with the year "21 Nov 2026".
std::string short_date_text(const LocalTime& t, bool with_year = false);
// "16:49"; where the reading is ambiguous, "02:30 CEST".
std::string clock_text(const LocalTime& t);
// The same with seconds: "16:49:05".
std::string clock_seconds_text(const LocalTime& t);
// "November".
std::string month_name(unsigned month);

}  // namespace tocsin
