// SPDX-License-Identifier: Apache-2.0
#include "notify/period_text.h"

#include <algorithm>
#include <chrono>

#include "window/local_time.h"

namespace tocsin {
namespace {

using std::chrono::days;

constexpr Millis kSecond{1'000};
constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
constexpr Millis kDay{86'400'000};
constexpr const char* kDash = "\xE2\x80\x93";  // en dash

std::string counted(std::int64_t count, const char* unit) {
  return std::to_string(count) + " " + unit;
}

// "5 min", "hour", "24 h", "7 days": after "last".
std::string length_text(Millis length) {
  if (length == kHour) return "hour";
  if (length == kMinute) return "minute";
  if (length >= 2 * kDay && length % kDay == Millis{0}) return counted(length / kDay, "days");
  return duration_text(length);
}

bool starts_ever(const Alert& alert) { return to_ms(alert.window.start) > 0; }

struct Bounds {
  LocalTime start, end, last, told;  // last: the last instant within
  bool whole_days = false;  // it starts and ends with a day, also where midnight is skipped
};

Bounds bounds_of(const Alert& alert, EventTime told) {
  const EventTime end = alert.window.end;
  Bounds b{local_time(alert.window.start, alert.zone), local_time(end, alert.zone),
           local_time(end == kNever ? end : end - Millis{1}, alert.zone),
           local_time(told, alert.zone)};
  const LocalTime before = local_time(alert.window.start - Millis{1}, alert.zone);
  b.whole_days = before.date() != b.start.date() && b.last.date() != b.end.date();
  return b;
}

std::string dated(const LocalTime& t, const LocalTime& told) {
  return date_text(t, t.year != told.year);
}

std::string day_text(const Bounds& b, bool now) {
  if (now) return "today";
  if (b.start.date() == b.told.date() - days{1}) return "yesterday";
  return "on " + dated(b.start, b.told);
}

std::string month_text(const Bounds& b) {
  if (b.start.day != 1) return "in the month from " + dated(b.start, b.told);
  const std::string year = b.start.year == b.told.year ? "" : " " + std::to_string(b.start.year);
  return "in " + month_name(b.start.month) + year;
}

std::string quarter_text(const Bounds& b, bool now) {
  if (now) return "this quarter";
  return "in the quarter from " + dated(b.start, b.told);
}

std::string year_text(const Bounds& b) {
  if (b.start.month == 1 && b.start.day == 1) return "in " + std::to_string(b.start.year);
  return "in the year from " + date_text(b.start, true);
}

std::string hour_text(const Bounds& b, bool now) {
  if (now) return "this hour";
  const bool same_day = b.start.date() == b.told.date();
  return "in the hour from " + clock_text(b.start) +
         (same_day ? "" : " on " + dated(b.start, b.told));
}

}  // namespace

std::string duration_text(Millis duration) {
  const Millis d = std::max(duration, Millis{0});
  if (d < kMinute) return counted(d / kSecond, "s");
  if (d < kHour) return counted(d / kMinute, "min");
  const bool days_long = d >= 2 * kDay;
  const Millis large = days_long ? kDay : kHour;
  const Millis small = days_long ? kHour : kMinute;
  std::string text = counted(d / large, days_long ? "d" : "h");
  if (const auto rest = d % large / small; rest > 0) {
    text += " " + counted(rest, days_long ? "h" : "min");
  }
  return text;
}

std::string period_text(const Alert& alert, EventTime told) {
  const Bounds b = bounds_of(alert, told);
  const bool now = alert.window.contains(told);
  switch (alert.window_kind) {
    case WindowKind::hour: return hour_text(b, now);
    case WindowKind::day: return day_text(b, now);
    case WindowKind::week: return now ? "this week" : "in the week from " + dated(b.start, b.told);
    case WindowKind::month: return month_text(b);
    case WindowKind::quarter: return quarter_text(b, now);
    case WindowKind::year: return year_text(b);
    case WindowKind::every:
      return "in the " + length_text(alert.window_length) + " from " + dated(b.start, b.told);
    case WindowKind::lifetime:
      return starts_ever(alert) ? "since " + date_text(b.start, true) : "in all";
    case WindowKind::rolling: return "in the " + span_text(alert, told);
    case WindowKind::session: return now ? "in this session" : "in the session";
  }
  return "";
}

std::string span_text(const Alert& alert, EventTime told) {
  if (alert.window_kind != WindowKind::rolling) return period_text(alert, told);
  std::string text = "last " + length_text(alert.window_length);
  const LocalTime end = local_time(alert.window.end, alert.zone);
  // A window that rolled on a while ago is not the last one of whoever reads this now.
  if (told - alert.window.end > std::max(alert.window_length, kHour)) {
    const LocalTime here = local_time(told, alert.zone);
    text = length_text(alert.window_length) + " to " + clock_text(end);
    if (end.date() != here.date()) text += " on " + dated(end, here);
  }
  return text;
}

std::string period_before(const Alert& alert, EventTime told) {
  if (alert.window_kind == WindowKind::every) {
    return "the " + length_text(alert.window_length) + " before";
  }
  const bool now = alert.window.contains(told) && alert.window_kind != WindowKind::hour;
  if (now && alert.window_kind == WindowKind::day) return "yesterday";
  return (now ? "last " : "the ") + window_word(alert.window_kind) + (now ? "" : " before");
}

std::string possessive_period(const Alert& alert, EventTime told) {
  const bool now = alert.window.contains(told);
  switch (alert.window_kind) {
    case WindowKind::day: return now ? "today's" : "";
    case WindowKind::hour: return now ? "this hour's" : "";
    case WindowKind::week: return now ? "this week's" : "";
    case WindowKind::quarter: return now ? "this quarter's" : "";
    case WindowKind::month: {
      const LocalTime start = local_time(alert.window.start, alert.zone);
      return start.day == 1 ? month_name(start.month) + "'s" : "";
    }
    case WindowKind::year:
    case WindowKind::every:
    case WindowKind::lifetime:
    case WindowKind::session:
    case WindowKind::rolling: return "";
  }
  return "";
}

std::string window_word(WindowKind kind) {
  switch (kind) {
    case WindowKind::hour: return "hour";
    case WindowKind::day: return "day";
    case WindowKind::week: return "week";
    case WindowKind::month: return "month";
    case WindowKind::quarter: return "quarter";
    case WindowKind::year: return "year";
    case WindowKind::session: return "session";
    case WindowKind::every:
    case WindowKind::lifetime:
    case WindowKind::rolling: return "window";
  }
  return "window";
}

std::string bounds_text(const Alert& alert, EventTime told, BoundsWords words) {
  const Bounds b = bounds_of(alert, told);
  const bool year = words.with_year || b.start.year != b.told.year || b.last.year != b.told.year;
  if (alert.window.end == kNever) {
    const std::string from = starts_ever(alert) ? "Since " + date_text(b.start, true) : "All time";
    return from + ", " + alert.zone;
  }
  const bool one_day = b.start.date() == b.last.date();
  // Of two days in one year the second has it.
  const bool year_at_end = !one_day && b.start.year == b.last.year;
  std::string text = date_text(b.start, year && !year_at_end);
  if (one_day) {
    const bool to_midnight = b.end.date() != b.last.date();
    text += ", " + clock_text(b.start) + kDash + (to_midnight ? "24:00" : clock_text(b.end));
  } else if (b.whole_days) {
    text += std::string(" ") + kDash + " " + date_text(b.last, year);
  } else {
    text += ", " + clock_text(b.start) + " " + kDash + " " + date_text(b.end, year) + ", " +
            clock_text(b.end);
  }
  return text + " " + alert.zone;
}

std::string when_text(EventTime when, EventTime now, const std::string& zone, WhenWords words) {
  const LocalTime then = local_time(when, zone);
  const LocalTime here = local_time(now, zone);
  const auto ahead = then.date() - here.date();
  const bool soon = when - now < 2 * kMinute;
  const std::string clock = soon ? clock_seconds_text(then) : clock_text(then);
  if (ahead == days{0}) return clock + (words.long_form ? " today" : "");
  if (ahead == days{1}) return clock + " tomorrow";
  if (ahead < days{7}) return date_text(then);
  return short_date_text(then, then.year != here.year);
}

std::string deadline_text(const Alert& alert) {
  if (alert.window_kind == WindowKind::rolling || alert.window.end == kNever) return "";
  const LocalTime end = local_time(alert.window.end, alert.zone);
  const LocalTime last = local_time(alert.window.end - Millis{1}, alert.zone);
  const bool short_window = alert.window.end - alert.window.start <= 26 * kHour;
  const bool whole_day = end.date() != last.date();
  if (short_window) return whole_day ? "midnight" : clock_text(end);
  return short_date_text(whole_day ? last : end);
}

}  // namespace tocsin
