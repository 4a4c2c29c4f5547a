// SPDX-License-Identifier: Apache-2.0
#include "window/local_time.h"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

struct Shown {
  date::local_seconds local{};
  std::string offset_name = "UTC";
  bool ambiguous = false;
};

Shown shown_in(date::sys_seconds at, const std::string& zone) {
  try {
    const date::time_zone* known = date::locate_zone(zone);
    const date::sys_info info = known->get_info(at);
    Shown shown{date::local_seconds{(at + info.offset).time_since_epoch()}, info.abbrev, false};
    shown.ambiguous = known->get_info(shown.local).result == date::local_info::ambiguous;
    return shown;
  } catch (const std::exception&) {  // an unknown zone, or no zone table on this machine
    return {date::local_seconds{at.time_since_epoch()}, "UTC", false};
  }
}

void append_two(std::string& text, int number) {
  text.push_back(static_cast<char>('0' + number / 10));
  text.push_back(static_cast<char>('0' + number % 10));
}

}  // namespace

std::chrono::local_days LocalTime::date() const {
  using namespace std::chrono;
  return local_days{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
}

LocalTime local_time(EventTime t, const std::string& zone) {
  constexpr std::int64_t kFar = 880'000'000'000;  // seconds; beyond it years don't fit the calendar
  const std::int64_t seconds = std::clamp(floor_div(to_ms(t), 1000), -kFar, kFar);
  const Shown shown = shown_in(date::sys_seconds{std::chrono::seconds{seconds}}, zone);
  const auto day = date::floor<date::days>(shown.local);
  const date::year_month_day ymd{day};
  const date::hh_mm_ss time{shown.local - day};
  LocalTime local;
  local.year = static_cast<int>(ymd.year());
  local.month = static_cast<unsigned>(ymd.month());
  local.day = static_cast<unsigned>(ymd.day());
  local.weekday = date::weekday{day}.c_encoding();
  local.hour = static_cast<int>(time.hours().count());
  local.minute = static_cast<int>(time.minutes().count());
  local.second = static_cast<int>(time.seconds().count());
  local.offset_name = shown.offset_name;
  local.ambiguous = shown.ambiguous;
  return local;
}

std::string month_name(unsigned month) {
  return std::string(kMonths[std::clamp(month, 1U, 12U) - 1]);
}

std::string short_date_text(const LocalTime& t, bool with_year) {
  std::string text = std::to_string(t.day) + " " + month_name(t.month).substr(0, 3);
  if (with_year) text += " " + std::to_string(t.year);
  return text;
}

std::string date_text(const LocalTime& t, bool with_year) {
  return std::string(kDays[t.weekday % 7]) + " " + short_date_text(t, with_year);
}

std::string clock_seconds_text(const LocalTime& t) {
  std::string text;
  append_two(text, t.hour);
  text.push_back(':');
  append_two(text, t.minute);
  text.push_back(':');
  append_two(text, t.second);
  if (t.ambiguous) text += " " + t.offset_name;
  return text;
}

std::string clock_text(const LocalTime& t) {
  std::string text = clock_seconds_text(t);
  text.erase(5, 3);
  return text;
}

}  // namespace tocsin
