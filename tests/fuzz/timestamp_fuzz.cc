// SPDX-License-Identifier: Apache-2.0
// Timestamps against a calendar that counts days one year after the other. The first byte is
// whether a zone is required, the rest the text.
#include <optional>
#include <string>

#include "event/timestamp.h"
#include "fuzz_target.h"
#include "words/big_decimal.h"

namespace tocsin::fuzz {
namespace {

bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

std::int64_t days_since_1970(int year, int month, int day) {
  std::int64_t days = day - 1;
  for (int m = 1; m < month; ++m) days += days_in(year, m);
  for (int y = 1970; y < year; ++y) days += is_leap(y) ? 366 : 365;
  for (int y = year; y < 1970; ++y) days -= is_leap(y) ? 366 : 365;
  return days;
}

// Whether `text` begins like `shape`, where 9 stands for a digit and T for what may be between date
// and time.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const char c = text[i];
    const bool fits = shape[i] == '9'   ? c >= '0' && c <= '9'
                      : shape[i] == 'T' ? c == 'T' || c == 't' || c == ' '
                                        : c == shape[i];
    if (!fits) return false;
  }
  return true;
}

int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  return std::stoi(std::string(text.substr(at, digits)));
}

std::optional<std::int64_t> offset_minutes(std::string_view zone, bool required) {
  if (zone.empty()) return required ? std::nullopt : std::optional<std::int64_t>(0);
  if (zone == "Z" || zone == "z") return 0;
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  if (!has_shape(zone.substr(1), "99:99")) return std::nullopt;
  const int hours = number_at(zone, 1, 2);
  const int minutes = number_at(zone, 4, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  return (hours * 60 + minutes) * (zone[0] == '-' ? -1 : 1);
}

std::optional<std::int64_t> from_calendar(std::string_view text, bool required) {
  constexpr std::string_view kShape = "9999-99-99T99:99:99";
  if (!has_shape(text, kShape)) return std::nullopt;
  const int year = number_at(text, 0, 4), month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2), hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
  std::string_view rest = text.substr(kShape.size());
  int ms = 0;
  if (rest.starts_with('.')) {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    ms = std::stoi((std::string(rest.substr(1, end - 1)) + "00").substr(0, 3));
    rest.remove_prefix(end);
  }
  const auto offset = offset_minutes(rest, required);
  if (!offset || month < 1 || month > 12 || day < 1 || day > days_in(year, month)) {
    return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute;
  const std::int64_t seconds = (minutes - *offset) * 60 + second;
  if (seconds < 0) return std::nullopt;
  return seconds * 1000 + ms;
}

// Digits of a plain number, with as many after the point as `fraction` says; the decimals' own
// fuzzer knows about exponents.
std::optional<std::int64_t> from_number(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string whole = school::trimmed(std::string(text.substr(0, point)));
  const std::string digits = std::string(text.substr(0, point)) +
                             std::string(point < text.size() ? text.substr(point + 1) : "");
  const long fraction = static_cast<long>(digits.size() - point);
  const std::string nanos = school::whole(digits, 9 - fraction).digits;
  if (nanos.size() > 29) return std::nullopt;
  // By how many digits before the point, then in milliseconds, cut off.
  const std::size_t size = nanos.size() > 9 ? nanos.size() - 9 : 0;
  const std::size_t drop = size <= 11 ? 6 : size <= 14 ? 9 : size <= 17 ? 12 : 15;
  return nanos.size() <= drop ? 0 : std::stoll(nanos.substr(0, nanos.size() - drop));
}

bool is_plain_number(std::string_view text) {
  const std::size_t point = text.find('.');
  return !text.empty() && text.size() < 1000 && text[0] != '.' && text.back() != '.' &&
         text.find_first_not_of("0123456789.") == std::string_view::npos &&
         (point == std::string_view::npos || text.find('.', point + 1) == std::string_view::npos);
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 3'000) return 0;
  const bool required = (data[0] & 1) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto at =
      wire::read_timestamp(text, required ? wire::Zone::required : wire::Zone::utc_if_absent);
  const auto shown = [](const auto& ms) { return ms ? std::to_string(*ms) : "none"; };
  const auto ours = at ? std::optional<std::int64_t>(to_ms(*at)) : std::nullopt;
  if (ours) fuzz::expect(*ours >= 0, "no time is before 1970");
  if (fuzz::is_plain_number(text)) {
    fuzz::expect_same(shown(ours), shown(fuzz::from_number(text)), "a number as a time");
  } else if ((text.find('-') == 4 && text.find_first_of("eE") > 4) ||
             text.find_first_of("eE.+-") == std::string_view::npos) {
    fuzz::expect_same(shown(ours), shown(fuzz::from_calendar(text, required)), "a time");
  }
  return 0;
}
