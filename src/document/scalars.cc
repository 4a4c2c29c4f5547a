// SPDX-License-Identifier: Apache-2.0
#include "document/scalars.h"

#include <array>
#include <utility>

#include "tocsin/decimal.h"

namespace tocsin {
namespace {

bool digits_only(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Digits without a leading zero but for "0" itself, at most 10^15.
std::optional<std::int64_t> whole(std::string_view text) {
  if (!digits_only(text) || text.size() > 16 || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  if (value > 1'000'000'000'000'000) return std::nullopt;
  return value;
}

// The number before the first of `units` that ends the text, times that unit.
template <std::size_t N>
std::optional<std::int64_t> with_unit(
    std::string_view text, const std::array<std::pair<std::string_view, std::int64_t>, N>& units) {
  const std::size_t end = text.find_first_not_of("0123456789");
  const auto number = whole(text.substr(0, end));
  const auto unit = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  if (!number) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (name == unit && *number <= std::int64_t{9'000'000'000'000'000'000} / factor) {
      return *number * factor;
    }
  }
  return std::nullopt;
}

// The number in text[at, at + width), if these are digits.
std::optional<int> field(std::string_view text, std::size_t at, std::size_t width) {
  if (text.size() < at + width || !digits_only(text.substr(at, width))) return std::nullopt;
  return static_cast<int>(*whole(text.substr(at, width).substr(
      std::min(text.substr(at, width).find_first_not_of('0'), width - 1))));
}

// "Z" or "+01:00" in minutes.
std::optional<int> zone_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const auto hours = field(text, 1, 2);
  const auto minutes = field(text, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return text[0] == '-' ? -offset : offset;
}

// Takes ":30.125" from the front of `rest`, in milliseconds; further digits are cut.
std::optional<int> take_seconds(std::string_view& rest) {
  if (!rest.starts_with(':')) return 0;
  const auto seconds = field(rest, 1, 2);
  if (!seconds || *seconds > 59) return std::nullopt;
  rest.remove_prefix(3);
  int millis = *seconds * 1000;
  if (!rest.starts_with('.')) return millis;
  rest.remove_prefix(1);
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  if (digits == 0) return std::nullopt;
  for (std::size_t i = 0, unit = 100; i < digits && unit > 0; ++i, unit /= 10) {
    millis += (rest[i] - '0') * static_cast<int>(unit);
  }
  rest.remove_prefix(digits);
  return millis;
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  int scale = 0;
  if (text.ends_with('k')) scale = 3;
  if (text.ends_with('M')) scale = 6;
  if (scale > 0) text.remove_suffix(1);
  const std::size_t point = text.find('.');
  const auto before = whole(text.substr(0, point));
  if (!before) return std::nullopt;
  if (point != std::string_view::npos && !digits_only(text.substr(point + 1))) return std::nullopt;
  const auto value = parse_decimal(text, scale, Rounding::exact);
  if (!value || *value > 1'000'000'000'000'000) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<Millis> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  const auto millis = with_unit(text, kUnits);
  if (!millis || *millis > std::int64_t{36'525} * 86'400'000) return std::nullopt;
  return Millis{*millis};
}

std::optional<std::int64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits = {
      {{"", 1}, {"B", 1}, {"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}}};
  return with_unit(text, kUnits);
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = field(text, 0, 4);
  const auto month = field(text, 5, 2);
  const auto day = field(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970) return std::nullopt;
  return date;
}

std::optional<EventTime> parse_time(std::string_view text) {
  if (text.size() < 17 || (text[10] != 'T' && text[10] != 't') || text[13] != ':') {
    return std::nullopt;
  }
  const auto date = parse_date(text.substr(0, 10));
  const auto hours = field(text, 11, 2);
  const auto minutes = field(text, 14, 2);
  if (!date || !hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  auto rest = text.substr(16);
  const auto millis = take_seconds(rest);
  if (!millis) return std::nullopt;
  const auto offset = zone_offset(rest);
  if (!offset) return std::nullopt;
  const std::chrono::sys_days day{*date};
  const auto time =
      day + std::chrono::hours{*hours} + std::chrono::minutes{*minutes - *offset} + Millis{*millis};
  return EventTime{time.time_since_epoch()};
}

}  // namespace tocsin
