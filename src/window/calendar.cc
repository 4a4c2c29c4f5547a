// SPDX-License-Identifier: Apache-2.0
#include "window/calendar.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace tocsin {
namespace {

using date::local_days;
using date::local_seconds;

constexpr Millis kHour{3'600'000};
constexpr int kEveryDaysMax = 36'500;  // a century; far from where counting days could overflow

// The zone library's years don't reach as far as an EventTime does.
constexpr EventTime at_midnight_utc(int year) {
  return EventTime{date::sys_days{date::year{year} / 1 / 1}.time_since_epoch()};
}
constexpr EventTime kFirst = at_midnight_utc(1);
constexpr EventTime kLast = at_midnight_utc(9999);

EventTime event_time(date::sys_seconds t) { return EventTime{t.time_since_epoch()}; }
date::sys_seconds sys_time(EventTime t) {
  return date::sys_seconds{date::floor<std::chrono::seconds>(t.time_since_epoch())};
}

// The first instant at which the zone's clock shows `local` or, where it never does, a later time.
EventTime first_instant(const date::time_zone& zone, local_seconds local) {
  const date::local_info info = zone.get_info(local);
  if (info.result == date::local_info::nonexistent) return event_time(info.second.begin);
  return event_time(date::sys_seconds{local.time_since_epoch()} - info.first.offset);
}

// Periods of `length` days, of which one starts on `origin`, numbered from there.
struct DayPeriods {
  local_days origin{};
  int length = 1;

  std::int64_t at(local_days day) const { return floor_div((day - origin).count(), length); }
  local_days start(std::int64_t period) const {
    return origin + date::days{static_cast<int>(period * length)};
  }
};

// Periods of `length` months that start on `day` of a month, numbered from year 0.
struct MonthPeriods {
  int length = 1;
  int first_month = 0;  // of one of them, from 0
  unsigned day = 1;

  std::int64_t at(local_days local) const {
    const date::year_month_day ymd{local};
    const std::int64_t month =
        std::int64_t{static_cast<int>(ymd.year())} * 12 + static_cast<unsigned>(ymd.month()) - 1;
    const std::int64_t period = floor_div(month - first_month, length);
    return local < start(period) ? period - 1 : period;
  }
  local_days start(std::int64_t period) const {
    const std::int64_t month = period * length + first_month;
    const date::year year{static_cast<int>(floor_div(month, 12))};
    const date::month in_year{static_cast<unsigned>(month - floor_div(month, 12) * 12) + 1};
    const date::day last = (year / in_year / date::last).day();
    return local_days{year / in_year / std::min(date::day{day}, last)};
  }
};

using Periods = std::variant<DayPeriods, MonthPeriods>;

local_days local_day(const std::chrono::year_month_day& ymd) {
  return local_days{
      date::days{static_cast<int>(std::chrono::local_days{ymd}.time_since_epoch().count())}};
}

// Of the kinds whose windows are whole local days.
Periods periods_of(const WindowSpec& spec) {
  const int month = static_cast<int>(static_cast<unsigned>(spec.year_start.month())) - 1;
  const auto day = static_cast<unsigned>(spec.year_start.day());
  switch (spec.kind) {
    case WindowKind::week: {
      const local_days sunday{date::days{3}};  // 1970-01-04
      return DayPeriods{sunday + date::days{static_cast<int>(spec.week_start.c_encoding())}, 7};
    }
    case WindowKind::month: return MonthPeriods{1, 0, spec.month_day};
    case WindowKind::quarter: return MonthPeriods{3, month % 3, day};
    case WindowKind::year: return MonthPeriods{12, month, day};
    case WindowKind::every: return DayPeriods{local_day(*spec.from), spec.every_days};
    case WindowKind::day:
    case WindowKind::hour:
    case WindowKind::lifetime:
    case WindowKind::session:
    case WindowKind::rolling: break;
  }
  return DayPeriods{};
}

const date::time_zone* find_zone(const std::string& name) {
  if (name == "localtime") return nullptr;  // no zone, but what this machine happens to be set to
  try {
    const date::time_zone* zone = date::locate_zone(name);
    zone->get_info(date::sys_seconds{});  // reads its file now, so that nothing throws later
    return zone;
  } catch (const std::exception&) {
    return nullptr;
  }
}

tl::unexpected<Error> unknown_zone(const std::string& name) {
  if (find_zone("UTC") == nullptr) {
    return reject("this machine has no time zones; install the package tzdata");
  }
  return reject("time_zone: \"" + name + "\" is no zone this machine knows; write an IANA name " +
                "such as Europe/Berlin");
}

}  // namespace

struct Calendar::State {
  const date::time_zone& zone;
  WindowKind kind;
  std::chrono::minutes day_start;
  Periods periods;
  EventTime lifetime_start = kFirst;
  std::array<Window, 4> found{};  // empty ones hold no time
  std::size_t newest = 0;

  EventTime start(std::int64_t period) const {
    const local_days day =
        std::visit([period](const auto& family) { return family.start(period); }, periods);
    return first_instant(zone, day + day_start);
  }

  Window find_days(EventTime t) const {
    const date::sys_seconds at = sys_time(t);
    const local_seconds local{(at + zone.get_info(at).offset).time_since_epoch()};
    const local_days day = date::floor<date::days>(local - day_start);
    std::int64_t period = std::visit([day](const auto& family) { return family.at(day); }, periods);
    // The local date is a guess only: after a clock is set back over midnight it shows the day
    // before once more, and a day that was skipped is a period without any time.
    Window window{start(period), start(period + 1)};
    while (window.start > t) window = {start(--period), window.start};
    while (window.end <= t) window = {window.end, start(++period + 1)};
    return window;
  }

  Window find_hour(EventTime t) const {
    const auto misaligned = [](const date::sys_info& a, const date::sys_info& b) {
      return (a.offset - b.offset) % std::chrono::hours{1} != std::chrono::seconds{0};
    };
    const date::sys_info now = zone.get_info(sys_time(t));
    const Millis local = t.time_since_epoch() + now.offset;
    const EventTime aligned = t - (local - date::floor<std::chrono::hours>(local));
    Window window{aligned, aligned + kHour};
    for (date::sys_info info = now; window.start < event_time(info.begin);) {
      const date::sys_info before = zone.get_info(info.begin - std::chrono::seconds{1});
      if (misaligned(before, info)) window.start = event_time(info.begin);
      info = before;
    }
    for (date::sys_info info = now; event_time(info.end) < window.end;) {
      const date::sys_info after = zone.get_info(info.end);
      if (misaligned(info, after)) window.end = event_time(info.end);
      info = after;
    }
    return window;
  }

  Window find(EventTime t) const {
    if (kind == WindowKind::lifetime) {
      return {lifetime_start, t < lifetime_start ? lifetime_start : kNever};
    }
    if (t < kFirst) return {EventTime::min(), kFirst};
    if (t >= kLast) return {kLast, kNever};
    const Window window = kind == WindowKind::hour ? find_hour(t) : find_days(t);
    return {std::max(window.start, kFirst), std::min(window.end, kLast)};
  }
};

Calendar::Calendar(std::unique_ptr<State> state) : state_(std::move(state)) {}
Calendar::~Calendar() = default;
Calendar::Calendar(Calendar&&) noexcept = default;
Calendar& Calendar::operator=(Calendar&&) noexcept = default;

Result<Calendar> Calendar::create(const WindowSpec& spec) {
  if (spec.kind == WindowKind::rolling) {
    return reject("a rolling window has no calendar; it is counted in panes");
  }
  if (spec.kind == WindowKind::every && !spec.from) {
    return reject("window: \"every\" needs the date of its first day in `starts`");
  }
  if (spec.kind == WindowKind::every && (spec.every_days < 1 || spec.every_days > kEveryDaysMax)) {
    return reject("window: \"every\" takes 1d to " + std::to_string(kEveryDaysMax) + "d");
  }
  if (spec.from && !(spec.from->ok() && spec.from->year() >= std::chrono::year{1} &&
                     spec.from->year() < std::chrono::year{9999})) {
    return reject("starts: no date between 0001-01-01 and 9998-12-31");
  }
  const date::time_zone* zone = find_zone(spec.zone);
  if (zone == nullptr) return unknown_zone(spec.zone);
  const bool day = spec.kind == WindowKind::day;
  auto state = std::make_unique<State>(
      State{*zone, spec.kind, day ? spec.day_start : std::chrono::minutes{0}, periods_of(spec)});
  if (spec.from) state->lifetime_start = first_instant(*zone, local_day(*spec.from));
  return Calendar(std::move(state));
}

Window Calendar::window_at(EventTime t) {
  State& state = *state_;
  if (state.found[state.newest].contains(t)) return state.found[state.newest];
  for (std::size_t i = 0; i < state.found.size(); ++i) {
    if (!state.found[i].contains(t)) continue;
    state.newest = i;
    return state.found[i];
  }
  const Window window = state.find(t);
  state.newest = (state.newest + 1) % state.found.size();
  state.found[state.newest] = window;
  return window;
}

bool zone_exists(const std::string& name) { return find_zone(name) != nullptr; }

Millis default_lateness(const WindowSpec& spec) {
  constexpr Millis kDay = 24 * kHour;
  const bool up_to_a_day =
      spec.kind == WindowKind::hour || spec.kind == WindowKind::day ||
      (spec.kind == WindowKind::every && spec.every_days <= 1) ||
      ((spec.kind == WindowKind::rolling || spec.kind == WindowKind::session) &&
       spec.length <= kDay);
  return up_to_a_day ? kHour : kDay;
}

}  // namespace tocsin
