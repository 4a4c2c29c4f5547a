// SPDX-License-Identifier: Apache-2.0
#include "window/calendar.h"

#include <rapidcheck.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace tocsin {
namespace {

using namespace std::chrono_literals;
using std::chrono::January;
using std::chrono::month;

// "2026-03-29 22:00", UTC.
EventTime utc(const std::string& text) {
  int year = 0;
  unsigned in_month = 0, on = 0, hours = 0, minutes = 0;
  REQUIRE(std::sscanf(text.c_str(), "%d-%u-%u %u:%u", &year, &in_month, &on, &hours, &minutes) ==
          5);
  const std::chrono::sys_days date{std::chrono::year{year} / month{in_month} /
                                   std::chrono::day{on}};
  return EventTime{date.time_since_epoch() + hours * 1h + minutes * 1min};
}

std::string text(EventTime t) {
  const std::chrono::sys_time<Millis> at{t.time_since_epoch()};
  const auto date = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day ymd{date};
  const std::chrono::hh_mm_ss time{at - date};
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02u %02ld:%02ld", static_cast<int>(ymd.year()),
                static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                time.hours().count(), time.minutes().count());
  return out.data();
}
std::string text(Window window) { return text(window.start) + " to " + text(window.end); }

WindowSpec spec_of(WindowKind kind, const std::string& zone) {
  WindowSpec spec;
  spec.kind = kind;
  spec.zone = zone;
  return spec;
}

Calendar calendar(const WindowSpec& spec) {
  auto made = Calendar::create(spec);
  REQUIRE(made);
  return std::move(*made);
}

// The window of a spec that holds a time, both as text in UTC.
std::string at(const WindowSpec& spec, const std::string& t) {
  return text(calendar(spec).window_at(utc(t)));
}
std::string day(const std::string& zone, const std::string& t) {
  return at(spec_of(WindowKind::day, zone), t);
}
std::string hour(const std::string& zone, const std::string& t) {
  return at(spec_of(WindowKind::hour, zone), t);
}

WindowSpec every(int days, int year, unsigned in_month, unsigned on) {
  WindowSpec spec = spec_of(WindowKind::every, "Europe/Berlin");
  spec.every_days = days;
  spec.from = std::chrono::year{year} / month{in_month} / std::chrono::day{on};
  return spec;
}

}  // namespace

TEST_CASE("A window has its first instant and not its last") {
  Calendar days = calendar(spec_of(WindowKind::day, "UTC"));
  CHECK(text(days.window_at(utc("2026-11-21 00:00"))) == "2026-11-21 00:00 to 2026-11-22 00:00");
  CHECK(text(days.window_at(utc("2026-11-22 00:00") - 1ms)) ==
        "2026-11-21 00:00 to 2026-11-22 00:00");
  CHECK(text(days.window_at(utc("2026-11-22 00:00"))) == "2026-11-22 00:00 to 2026-11-23 00:00");
  CHECK(day("UTC", "1969-12-31 23:59") == "1969-12-31 00:00 to 1970-01-01 00:00");
}

TEST_CASE("A day in Berlin has 23 hours in spring and 25 in autumn") {
  CHECK(day("Europe/Berlin", "2026-03-29 12:00") == "2026-03-28 23:00 to 2026-03-29 22:00");
  CHECK(day("Europe/Berlin", "2026-10-25 12:00") == "2026-10-24 22:00 to 2026-10-25 23:00");
}

TEST_CASE("A day in New York has 23 hours in spring and 25 in autumn") {
  CHECK(day("America/New_York", "2026-03-08 12:00") == "2026-03-08 05:00 to 2026-03-09 04:00");
  CHECK(day("America/New_York", "2026-11-01 12:00") == "2026-11-01 04:00 to 2026-11-02 05:00");
}

TEST_CASE("A day on Lord Howe Island is half an hour longer or shorter") {
  CHECK(day("Australia/Lord_Howe", "2026-04-04 14:00") == "2026-04-04 13:00 to 2026-04-05 13:30");
  CHECK(day("Australia/Lord_Howe", "2026-10-03 14:00") == "2026-10-03 13:30 to 2026-10-04 13:00");
}

TEST_CASE("The day Samoa left out has no window") {
  CHECK(day("Pacific/Apia", "2011-12-30 09:59") == "2011-12-29 10:00 to 2011-12-30 10:00");
  CHECK(day("Pacific/Apia", "2011-12-30 10:00") == "2011-12-30 10:00 to 2011-12-31 10:00");
}

TEST_CASE("A midnight that does not exist is the first instant after the gap") {
  CHECK(day("Africa/Cairo", "2024-04-26 12:00") == "2024-04-25 22:00 to 2024-04-26 21:00");
  CHECK(day("Africa/Cairo", "2024-04-25 21:59") == "2024-04-24 22:00 to 2024-04-25 22:00");
}

TEST_CASE("An hour repeated before midnight belongs to the day it is shown on") {
  CHECK(day("Africa/Cairo", "2024-10-31 21:30") == "2024-10-30 21:00 to 2024-10-31 22:00");
}

TEST_CASE("Of a midnight that comes twice the first counts") {
  CHECK(day("America/Havana", "2024-11-03 05:30") == "2024-11-03 04:00 to 2024-11-04 05:00");
  // Set back from 00:01 to 23:01: for an hour the clock shows the day before once more.
  CHECK(day("America/St_Johns", "2010-11-07 03:00") == "2010-11-07 02:30 to 2010-11-08 03:30");
  CHECK(day("America/St_Johns", "2010-11-07 02:29") == "2010-11-06 02:30 to 2010-11-07 02:30");
}

TEST_CASE("Morocco's clock goes back for Ramadan") {
  CHECK(day("Africa/Casablanca", "2024-03-10 12:00") == "2024-03-09 23:00 to 2024-03-11 00:00");
  CHECK(day("Africa/Casablanca", "2024-04-14 12:00") == "2024-04-14 00:00 to 2024-04-14 23:00");
}

TEST_CASE("A day may start at another hour, and that hour may be missing or come twice") {
  WindowSpec spec = spec_of(WindowKind::day, "Europe/Berlin");
  spec.day_start = 6h;
  CHECK(at(spec, "2026-11-21 04:59") == "2026-11-20 05:00 to 2026-11-21 05:00");
  CHECK(at(spec, "2026-11-21 05:00") == "2026-11-21 05:00 to 2026-11-22 05:00");
  spec.day_start = 2h + 30min;
  CHECK(at(spec, "2026-03-29 12:00") == "2026-03-29 01:00 to 2026-03-30 00:30");
  CHECK(at(spec, "2026-10-25 12:00") == "2026-10-25 00:30 to 2026-10-26 01:30");
  CHECK(at(spec, "2026-10-25 01:15") == "2026-10-25 00:30 to 2026-10-26 01:30");
}

TEST_CASE("An hour is an elapsed one, so the hour repeated in an autumn night is two windows") {
  CHECK(hour("Europe/Berlin", "2026-10-25 00:30") == "2026-10-25 00:00 to 2026-10-25 01:00");
  CHECK(hour("Europe/Berlin", "2026-10-25 01:30") == "2026-10-25 01:00 to 2026-10-25 02:00");
  CHECK(hour("Asia/Kolkata", "2026-10-25 01:10") == "2026-10-25 00:30 to 2026-10-25 01:30");
}

TEST_CASE("An hour is cut where the clock changes by less than an hour, and only there") {
  CHECK(hour("Australia/Lord_Howe", "2026-04-04 14:59") == "2026-04-04 14:00 to 2026-04-04 15:00");
  CHECK(hour("Australia/Lord_Howe", "2026-04-04 15:00") == "2026-04-04 15:00 to 2026-04-04 15:30");
  CHECK(hour("Australia/Lord_Howe", "2026-04-04 15:30") == "2026-04-04 15:30 to 2026-04-04 16:30");
  CHECK(hour("Australia/Lord_Howe", "2026-10-03 15:40") == "2026-10-03 15:30 to 2026-10-03 16:00");
  // By a whole hour at one minute past: the hour under way just goes on.
  CHECK(hour("America/St_Johns", "2010-11-07 02:45") == "2010-11-07 02:30 to 2010-11-07 03:30");
}

TEST_CASE("A week starts on Monday, or the day the rule names") {
  WindowSpec spec = spec_of(WindowKind::week, "Europe/Berlin");
  CHECK(at(spec, "2026-11-21 12:00") == "2026-11-15 23:00 to 2026-11-22 23:00");
  spec.week_start = std::chrono::Sunday;
  CHECK(at(spec, "2026-11-21 12:00") == "2026-11-14 23:00 to 2026-11-21 23:00");
  spec.week_start = std::chrono::Saturday;
  CHECK(at(spec, "2026-11-21 12:00") == "2026-11-20 23:00 to 2026-11-27 23:00");
}

TEST_CASE("A month starts on its first, or the day the rule names") {
  WindowSpec spec = spec_of(WindowKind::month, "America/New_York");
  CHECK(at(spec, "2026-11-21 12:00") == "2026-11-01 04:00 to 2026-12-01 05:00");
  spec.month_day = 28;
  CHECK(at(spec, "2026-01-28 04:59") == "2025-12-28 05:00 to 2026-01-28 05:00");
  CHECK(at(spec, "2026-01-28 05:00") == "2026-01-28 05:00 to 2026-02-28 05:00");
}

TEST_CASE("Quarters and years start with January, or where the rule says") {
  WindowSpec quarter = spec_of(WindowKind::quarter, "UTC");
  CHECK(at(quarter, "2026-11-21 12:00") == "2026-10-01 00:00 to 2027-01-01 00:00");
  quarter.year_start = month{2} / 15;
  CHECK(at(quarter, "2026-02-14 12:00") == "2025-11-15 00:00 to 2026-02-15 00:00");
  WindowSpec year = spec_of(WindowKind::year, "UTC");
  CHECK(at(year, "2026-11-21 12:00") == "2026-01-01 00:00 to 2027-01-01 00:00");
  year.year_start = month{4} / 6;
  CHECK(at(year, "2026-04-05 12:00") == "2025-04-06 00:00 to 2026-04-06 00:00");
}

TEST_CASE("A start on a day the month doesn't have is the month's last day") {
  WindowSpec year = spec_of(WindowKind::year, "UTC");
  year.year_start = month{2} / 29;
  CHECK(at(year, "2027-06-01 00:00") == "2027-02-28 00:00 to 2028-02-29 00:00");
  WindowSpec quarter = spec_of(WindowKind::quarter, "UTC");
  quarter.year_start = January / 31;
  CHECK(at(quarter, "2026-04-30 00:00") == "2026-04-30 00:00 to 2026-07-31 00:00");
}

TEST_CASE("Windows of so many days are counted in local days from a date, before it too") {
  const WindowSpec spec = every(14, 2026, 3, 23);
  CHECK(at(spec, "2026-03-29 12:00") == "2026-03-22 23:00 to 2026-04-05 22:00");
  CHECK(at(spec, "2026-03-22 22:59") == "2026-03-08 23:00 to 2026-03-22 23:00");
  CHECK(at(spec, "2026-02-22 22:59") == "2026-02-08 23:00 to 2026-02-22 23:00");
}

TEST_CASE("A lifetime has no end; with a date, times before it are in no window") {
  WindowSpec spec = spec_of(WindowKind::lifetime, "Europe/Berlin");
  CHECK(calendar(spec).window_at(utc("1970-01-01 00:00")) ==
        Window{utc("0001-01-01 00:00"), kNever});
  spec.from = std::chrono::year{2026} / 7 / 1;
  const EventTime from = utc("2026-06-30 22:00");
  CHECK(calendar(spec).window_at(from) == Window{from, kNever});
  const Window before = calendar(spec).window_at(from - 1ms);
  CHECK(before == Window{from, from});
  CHECK_FALSE(before.contains(from - 1ms));
}

TEST_CASE("What has no calendar is refused, with the reason") {
  const auto refusal = [](const WindowSpec& spec) {
    const auto made = Calendar::create(spec);
    if (made) return std::string("made");
    CHECK(made.error().reaction == Reaction::reject);
    return made.error().message;
  };
  using Catch::Contains;
  CHECK_THAT(refusal(spec_of(WindowKind::day, "Europe/Berlim")),
             Contains("\"Europe/Berlim\" is no zone this machine knows"));
  CHECK_THAT(refusal(spec_of(WindowKind::day, "")), Contains("no zone"));
  CHECK_THAT(refusal(spec_of(WindowKind::day, "../../etc/passwd")), Contains("no zone"));
  CHECK_THAT(refusal(spec_of(WindowKind::rolling, "UTC")), Contains("counted in panes"));
  CHECK_THAT(refusal(every(0, 2026, 1, 1)), Contains("takes 1d to 36500d"));
  CHECK_THAT(refusal(every(14, 2026, 2, 30)), Contains("no date"));
  WindowSpec dateless = every(14, 2026, 1, 1);
  dateless.from.reset();
  CHECK_THAT(refusal(dateless), Contains("first day"));
}

TEST_CASE("Zones are known by their IANA names only") {
  CHECK(zone_exists("Europe/Berlin"));
  CHECK(zone_exists("UTC"));
  CHECK_FALSE(zone_exists("europe/berlin"));
  CHECK_FALSE(zone_exists("CEST"));
  CHECK_FALSE(zone_exists("right/UTC"));
  CHECK_FALSE(zone_exists("localtime"));
  CHECK_FALSE(zone_exists("posixrules"));
  CHECK_FALSE(zone_exists("posix/Europe/Berlin"));
}

TEST_CASE("Windows up to a day wait an hour for late events, longer ones a day") {
  const auto rolling = [](Millis length) {
    WindowSpec spec = spec_of(WindowKind::rolling, "UTC");
    spec.length = length;
    return spec;
  };
  CHECK(default_lateness(spec_of(WindowKind::hour, "UTC")) == 1h);
  CHECK(default_lateness(spec_of(WindowKind::day, "UTC")) == 1h);
  CHECK(default_lateness(every(1, 2026, 1, 1)) == 1h);
  CHECK(default_lateness(rolling(24h)) == 1h);
  CHECK(default_lateness(every(2, 2026, 1, 1)) == 24h);
  CHECK(default_lateness(rolling(24h + 1min)) == 24h);
  for (const auto kind : {WindowKind::week, WindowKind::month, WindowKind::quarter,
                          WindowKind::year, WindowKind::lifetime}) {
    CHECK(default_lateness(spec_of(kind, "UTC")) == 24h);
  }
}

namespace {

// Of each manner of changing the clock, one.
const std::vector<std::string> kZones = {
    "UTC",           "Europe/Berlin",    "America/New_York",  "Australia/Lord_Howe",
    "Pacific/Apia",  "Africa/Cairo",     "Africa/Casablanca", "America/St_Johns",
    "Europe/Dublin", "America/Havana",   "America/Sao_Paulo", "Asia/Kathmandu",
    "Asia/Gaza",     "Antarctica/Troll", "Pacific/Kwajalein", "America/Scoresbysund",
    "Asia/Tehran",   "Africa/Monrovia",  "Asia/Pyongyang",    "Pacific/Kiritimati",
    "Europe/Moscow", "America/Juneau",   "Asia/Manila",       "Pacific/Chatham"};

WindowSpec any_spec() {
  WindowSpec spec;
  spec.kind =
      *rc::gen::element(WindowKind::hour, WindowKind::day, WindowKind::week, WindowKind::month,
                        WindowKind::quarter, WindowKind::year, WindowKind::every);
  spec.zone = *rc::gen::elementOf(kZones);
  spec.day_start = std::chrono::minutes{*rc::gen::inRange(0, 24 * 60)};
  spec.week_start = std::chrono::weekday{*rc::gen::inRange(0U, 7U)};
  spec.month_day = *rc::gen::inRange(1U, 29U);
  spec.year_start =
      month{*rc::gen::inRange(1U, 13U)} / std::chrono::day{*rc::gen::inRange(1U, 32U)};
  spec.every_days = *rc::gen::inRange(1, 400);
  spec.from = std::chrono::year{*rc::gen::inRange(1, 9999)} / month{*rc::gen::inRange(1U, 13U)} /
              std::chrono::day{*rc::gen::inRange(1U, 29U)};
  return spec;
}

EventTime any_time() {
  return *rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange<std::int64_t>(-3'000'000'000'000, 4'000'000'000'000),
                   event_time_ms),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), event_time_ms),
      rc::gen::element(EventTime::min(), EventTime::max() - 1ms));
}

}  // namespace

TEST_CASE("Windows tile the time line: each holds its time and touches its neighbours") {
  CHECK(rc::check("windows tile", [] {
    const WindowSpec spec = any_spec();
    const EventTime t = any_time();
    Calendar warm = std::move(*Calendar::create(spec));
    const Window window = warm.window_at(t);
    RC_ASSERT(window.contains(t));
    if (window.end != kNever) RC_ASSERT(warm.window_at(window.end).start == window.end);
    if (window.start != EventTime::min()) {
      RC_ASSERT(warm.window_at(window.start - 1ms).end == window.start);
    }
    RC_ASSERT(warm.window_at(window.end - 1ms) == window);
    Calendar cold = std::move(*Calendar::create(spec));
    RC_ASSERT(cold.window_at(window.start) == window);
  }));
}

TEST_CASE("Windows found before don't change what is found later") {
  CHECK(rc::check("the cache is invisible", [] {
    const WindowSpec spec = any_spec();
    Calendar warm = std::move(*Calendar::create(spec));
    for (int i = 0; i < 20; ++i) {
      const EventTime t = event_time_ms(*rc::gen::inRange<std::int64_t>(0, 40) * 21'600'000);
      Calendar cold = std::move(*Calendar::create(spec));
      RC_ASSERT(warm.window_at(t) == cold.window_at(t));
    }
  }));
}

}  // namespace tocsin
