// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

// An alert's window in the reader's words and the rule's zone. `told` is when the reader is told:
// "today" is only said of a window that holds it.

// "today", "in November", "this hour", "in the last 5 min", "on Fri 20 Nov"; what ends a sentence.
std::string period_text(const Alert& alert, EventTime told);
// "last 5 min", "last hour": a rolling window's length; for others the same as period_text.
std::string span_text(const Alert& alert, EventTime told);
// "today's", "November's", "the last 5 min's": what stands before the limit.
std::string possessive_period(const Alert& alert, EventTime told);
// "yesterday", "last month", "the 7 days before": the window before the alert's.
std::string period_before(const Alert& alert, EventTime told);
// "day", "month", "window": for "59% of the day".
std::string window_word(WindowKind kind);
// "Sat 21 Nov, 00:00–24:00 Europe/Berlin"; the year where it is not the reader's, or asked for.
struct BoundsWords {
  bool with_year = false;
};
std::string bounds_text(const Alert& alert, EventTime told, BoundsWords words = {});

// When something will happen, as short as it can be told unmistakably: "16:49", "02:10 tomorrow",
// "Mon 23 Nov", "23 Nov 2027". `long_form`: "16:49 today".
struct WhenWords {
  bool long_form = false;
};
std::string when_text(EventTime when, EventTime now, const std::string& zone, WhenWords words = {});
// "midnight", "15:00", "30 Nov": the end of a window as a deadline; empty for windows that roll or
// never end.
std::string deadline_text(const Alert& alert);

// "14 min", "3 h 12 min", "30 s", "2 d 4 h".
std::string duration_text(Millis duration);

}  // namespace tocsin
