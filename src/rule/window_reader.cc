// SPDX-License-Identifier: Apache-2.0
#include "rule/window_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "document/scalars.h"
#include "document/utf8.h"
#include "rule/nearest_word.h"
#include "tocsin/ascii.h"
#include "window/calendar.h"
#include "window/zone_names.h"

namespace tocsin {
namespace {

constexpr std::string_view kWindowHint =
    "write hour, day, week, month, quarter, year, lifetime, session, last 24h or every 14d";

std::optional<WindowKind> calendar_kind(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, WindowKind>, 7> kKinds = {
      {{"hour", WindowKind::hour},
       {"day", WindowKind::day},
       {"week", WindowKind::week},
       {"month", WindowKind::month},
       {"quarter", WindowKind::quarter},
       {"year", WindowKind::year},
       {"lifetime", WindowKind::lifetime}}};
  for (const auto& [name, kind] : kKinds) {
    if (name == word) return kind;
  }
  return std::nullopt;
}

// A bare duration: the calendar's window, or the time up to now?
void refuse_bare(const Reader& reader, const Node& node) {
  const std::string& text = node.text;
  std::string hint = "\"last " + text + "\" is the time up to now";
  if (text == "1h" || text == "60m") {
    hint = "\"hour\" starts anew on the hour; \"last 1h\" is the hour up to now";
  } else if (text == "1d" || text == "24h") {
    hint = "\"day\" starts anew at midnight; \"last 24h\" is the day up to now";
  } else if (text == "7d") {
    hint = "\"week\" starts anew on Monday; \"last 7d\" is the seven days up to now";
  } else if (text.ends_with('d')) {
    hint =
        "\"every " + text + "\" starts anew each time; \"last " + text + "\" is the time up to now";
  }
  reader.error(node, tocsin::quoted(text) + " can mean two things", hint);
}

std::optional<WindowSpec> rolling(const Reader& reader, const Node& node, std::string_view length) {
  const auto duration = parse_duration(length);
  if (!duration || *duration <= Millis{0}) {
    reader.error(node, tocsin::quoted(node.text) + " is no window",
                 "write one such as last 5m or last 24h");
    return std::nullopt;
  }
  constexpr Millis kMinute{60'000};
  const bool fits = *duration < kMinute ? *duration % Millis{1000} == Millis{0}
                                        : *duration % kMinute == Millis{0};
  if (!fits || *duration > std::chrono::days{366}) {
    reader.error(node, tocsin::quoted(node.text) + " cannot be counted",
                 "under a minute whole seconds, above it whole minutes, at most 366d");
    return std::nullopt;
  }
  WindowSpec spec;
  spec.kind = WindowKind::rolling;
  spec.length = *duration;
  return spec;
}

std::optional<WindowSpec> every(const Reader& reader, const Node& node, std::string_view length) {
  const auto duration = parse_duration(length);
  constexpr Millis kDay{86'400'000};
  if (!duration || !length.ends_with('d') || *duration < kDay || *duration > kDay * 3660) {
    reader.error(node, tocsin::quoted(node.text) + " is no window", "write whole days: every 14d");
    return std::nullopt;
  }
  WindowSpec spec;
  spec.kind = WindowKind::every;
  spec.every_days = static_cast<int>(*duration / kDay);
  return spec;
}

std::optional<WindowSpec> session(const Reader& reader, const Node& node, std::string_view text) {
  constexpr std::string_view kIdle = "session idle ";
  WindowSpec spec;
  spec.kind = WindowKind::session;
  spec.length = Millis{std::chrono::minutes{30}};
  if (text == "session") return spec;
  const auto idle =
      text.starts_with(kIdle) ? parse_duration(text.substr(kIdle.size())) : std::nullopt;
  if (!idle || *idle < Millis{1000} || *idle > std::chrono::days{30}) {
    reader.error(node, tocsin::quoted(text) + " is no window",
                 "write session, or how long nothing comes after it: session idle 2h");
    return std::nullopt;
  }
  spec.length = *idle;
  return spec;
}

std::optional<WindowSpec> window_kind(const Reader& reader, const Node& node) {
  const auto* text = reader.text(node, "one such as day or last 24h");
  if (text == nullptr) return std::nullopt;
  if (const auto kind = calendar_kind(*text)) {
    WindowSpec spec;
    spec.kind = *kind;
    return spec;
  }
  if (text->starts_with("last ")) return rolling(reader, node, text->substr(5));
  if (text->starts_with("every ")) return every(reader, node, text->substr(6));
  if (*text == "session" || text->starts_with("session ")) return session(reader, node, *text);
  if (parse_duration(*text)) {
    refuse_bare(reader, node);
  } else {
    std::vector<std::string_view> built;
    for (const Word& word : words::kWindow) {
      if (word.built == Built::yes) built.push_back(word.text);
    }
    const auto near = nearest(*text, built);
    reader.error(node, "unknown window " + tocsin::quoted(*text),
                 near ? "did you mean \"" + std::string(*near) + "\"?" : std::string(kWindowHint));
  }
  return std::nullopt;
}

std::optional<int> two_digits(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !digit(text[0]) || !digit(text[1])) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

bool day_start(WindowSpec& spec, std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return false;
  const auto hour = two_digits(text.substr(0, 2));
  const auto minute = two_digits(text.substr(3));
  if (!hour || !minute || *hour > 23 || *minute > 59) return false;
  spec.day_start = std::chrono::hours{*hour} + std::chrono::minutes{*minute};
  return true;
}

bool week_start(WindowSpec& spec, std::string_view text) {
  static constexpr std::array<std::string_view, 7> kDays = {
      "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
  for (unsigned i = 0; i < kDays.size(); ++i) {
    if (kDays[i] == text) {
      spec.week_start = std::chrono::weekday{i};
      return true;
    }
  }
  return false;
}

bool month_start(WindowSpec& spec, std::string_view text) {
  const auto day = parse_count(text);
  if (!day || *day < 1 || *day > 28) return false;
  spec.month_day = static_cast<unsigned>(*day);
  return true;
}

bool year_start(WindowSpec& spec, std::string_view text) {
  if (text.size() != 5 || text[2] != '-') return false;
  const auto month = two_digits(text.substr(0, 2));
  const auto day = two_digits(text.substr(3));
  if (!month || !day) return false;
  const std::chrono::month_day date{std::chrono::month{static_cast<unsigned>(*month)},
                                    std::chrono::day{static_cast<unsigned>(*day)}};
  const bool leap_day = *month == 2 && *day == 29;
  if (!date.ok() || leap_day || (spec.kind == WindowKind::quarter && *day > 28)) return false;
  spec.year_start = date;
  return true;
}

bool from_date(WindowSpec& spec, std::string_view text) {
  spec.from = parse_date(text);
  return spec.from.has_value();
}

bool read_starts(const Reader& reader, WindowSpec& spec, const Node& node) {
  const auto* text = reader.text(node, "one value");
  if (text == nullptr) return false;
  const auto take = [&](bool good, std::string_view wanted) {
    if (!good) {
      reader.error(node, tocsin::quoted(*text) + " is no start of such a window",
                   "write " + std::string(wanted));
    }
    return good;
  };
  switch (spec.kind) {
    case WindowKind::day: return take(day_start(spec, *text), "a time of day such as \"06:00\"");
    case WindowKind::week: return take(week_start(spec, *text), "a day such as sunday");
    case WindowKind::month: return take(month_start(spec, *text), "a day from 1 to 28");
    case WindowKind::quarter:
      return take(year_start(spec, *text), "a date such as 02-01, the day at most 28");
    case WindowKind::year: return take(year_start(spec, *text), "a date such as 04-01");
    case WindowKind::every:
    case WindowKind::lifetime: return take(from_date(spec, *text), "a date such as 2026-11-02");
    case WindowKind::hour:
    case WindowKind::session:
    case WindowKind::rolling: break;
  }
  reader.error(node,
               spec.kind == WindowKind::hour      ? "an hour starts on the hour"
               : spec.kind == WindowKind::session ? "a session starts with its first request"
                                                  : "a rolling window has no start",
               "leave starts out");
  return false;
}

}  // namespace

namespace {

// "Europe/Berlin" for Berlin, or for what is nearly its name.
std::string zone_hint(const std::string& text) {
  const auto names = zone_names();
  const auto city = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return same_name(std::string_view(name).substr(name.rfind('/') + 1), text);
  });
  const std::vector<std::string_view> views(names.begin(), names.end());
  const auto near =
      city != names.end() ? std::optional<std::string_view>(*city) : nearest(text, views);
  const std::string wanted = "write an IANA name such as Europe/Berlin or UTC";
  return near ? "did you mean \"" + std::string(*near) + "\"? Else " + wanted : wanted;
}

}  // namespace

std::optional<std::string> read_zone(const Reader& reader, const Node& node) {
  const auto* text = reader.text(node, "a time zone such as Europe/Berlin");
  if (text == nullptr) return std::nullopt;
  if (!zone_exists(*text)) {
    reader.error(node, "unknown time zone " + tocsin::quoted(*text), zone_hint(*text));
    return std::nullopt;
  }
  return *text;
}

std::optional<WindowSpec> read_window(const Reader& reader, const Node& window, const Node* starts,
                                      const std::string& zone) {
  auto spec = window_kind(reader, window);
  if (!spec) return std::nullopt;
  spec->zone = zone;
  if (starts != nullptr) {
    if (starts->bad || !read_starts(reader, *spec, *starts)) return std::nullopt;
  } else if (spec->kind == WindowKind::every) {
    reader.error(window, tocsin::quoted(window.text) + " needs a first day",
                 "add starts: 2026-11-02");
    return std::nullopt;
  }
  return spec;
}

}  // namespace tocsin
