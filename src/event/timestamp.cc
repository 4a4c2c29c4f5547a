// SPDX-License-Identifier: Apache-2.0
#include "event/timestamp.h"

#include <chrono>
#include <cstring>

#include "event/number.h"
#include "tocsin/decimal.h"

namespace tocsin::wire {
namespace {

// Reads fixed-width numbers and marks off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool number(int digits, int& value) {
    value = 0;
    for (; digits > 0; --digits, ++at_) {
      if (at_ >= text_.size() || !is_digit(text_[at_])) return false;
      value = value * 10 + (text_[at_] - '0');
    }
    return true;
  }
  bool mark(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // The digits of a fraction as milliseconds.
  bool fraction(int& ms) {
    ms = 0;
    int digits = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_, ++digits) {
      if (digits < 3) ms = ms * 10 + (text_[at_] - '0');
    }
    for (int i = digits; i < 3; ++i) ms *= 10;
    return digits > 0;
  }
  bool done() const { return at_ == text_.size(); }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

bool read_offset(Cursor& cursor, Zone zone, int& minutes) {
  minutes = 0;
  if (cursor.done()) return zone == Zone::utc_if_absent;
  if (cursor.mark('Z') || cursor.mark('z')) return cursor.done();
  const bool east = cursor.mark('+');
  if (!east && !cursor.mark('-')) return false;
  int hour = 0;
  int minute = 0;
  if (!cursor.number(2, hour) || !cursor.mark(':') || !cursor.number(2, minute)) return false;
  if (hour > 23 || minute > 59 || !cursor.done()) return false;
  minutes = (hour * 60 + minute) * (east ? 1 : -1);
  return true;
}

std::optional<EventTime> from_calendar(std::string_view text, Zone zone) {
  Cursor cursor(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0, offset = 0;
  if (!cursor.number(4, year) || !cursor.mark('-') || !cursor.number(2, month) ||
      !cursor.mark('-') || !cursor.number(2, day) ||
      !(cursor.mark('T') || cursor.mark(' ') || cursor.mark('t')) || !cursor.number(2, hour) ||
      !cursor.mark(':') || !cursor.number(2, minute) || !cursor.mark(':') ||
      !cursor.number(2, second)) {
    return std::nullopt;
  }
  if (cursor.mark('.') && !cursor.fraction(ms)) return std::nullopt;
  if (!read_offset(cursor, zone, offset)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // A leap second is the first of the next minute, as Unix time has it.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
  if (seconds < 0) return std::nullopt;
  return event_time_ms(seconds * 1000 + ms);
}

// The digits of eight bytes that are `form`, each '0' of which stands for a digit, as bytes of
// their value. False: they are not of that form.
bool digits_of(const char* p, const char (&form)[9], std::uint64_t& digits) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  std::uint64_t word = 0;
  std::uint64_t wanted = 0;
  std::memcpy(&word, p, 8);
  std::memcpy(&wanted, form, 8);
  digits = word ^ wanted;
  // Where a mark stands only 0 will do, where a digit does up to 9.
  const std::uint64_t is_mark = ((wanted ^ kOnes * '0') + kOnes * 0x7F) & (kOnes * 0x80);
  const std::uint64_t most = kOnes * (0x7F - 9) + (is_mark >> 7) * 9;
  return ((digits | (digits + most)) & (kOnes * 0x80)) == 0;
}

int two(std::uint64_t digits, int at) {
  const auto pair = static_cast<int>(digits >> (8 * at));
  return (pair & 0xff) * 10 + ((pair >> 8) & 0xff);
}

// "2026-11-20T10:00:00.123Z", as nearly all are written; nothing: it is another.
std::optional<EventTime> from_usual(std::string_view text) {
  std::uint64_t date = 0, hour = 0, second = 0;
  if (text.size() != 24 || !digits_of(text.data(), "0000-00-", date) ||
      !digits_of(text.data() + 8, "00T00:00", hour) ||
      !digits_of(text.data() + 16, ":00.000Z", second)) {
    return std::nullopt;
  }
  const int year = two(date, 0) * 100 + two(date, 2);
  const std::chrono::year_month_day day{std::chrono::year{year},
                                        std::chrono::month{static_cast<unsigned>(two(date, 5))},
                                        std::chrono::day{static_cast<unsigned>(two(hour, 0))}};
  if (year < 1970 || !day.ok() || two(hour, 3) > 23 || two(hour, 6) > 59 || two(second, 1) > 59) {
    return std::nullopt;
  }
  const std::int64_t minutes =
      (std::chrono::sys_days{day}.time_since_epoch().count() * 24 + two(hour, 3)) * 60 +
      two(hour, 6);
  const int ms = static_cast<int>(second >> 32 & 0xff) * 100 + two(second, 5);
  return event_time_ms((minutes * 60 + two(second, 1)) * 1000 + ms);
}

std::optional<EventTime> from_epoch(std::string_view text) {
  constexpr int kScale = 9;
  constexpr int128 kOne = power_of_ten(kScale);
  const auto value = parse_decimal(text, kScale, Rounding::half_even);
  if (!value || *value < 0 || *value >= power_of_ten(20) * kOne) return std::nullopt;
  const int128 whole = *value / kOne;
  int128 ms = 0;
  if (whole < power_of_ten(11)) {
    ms = *value / power_of_ten(kScale - 3);
  } else if (whole < power_of_ten(14)) {
    ms = whole;
  } else if (whole < power_of_ten(17)) {
    ms = whole / 1000;
  } else {
    ms = whole / 1'000'000;
  }
  return event_time_ms(static_cast<std::int64_t>(ms));
}

}  // namespace

std::optional<EventTime> read_timestamp(std::string_view text, Zone zone) {
  if (const auto usual = from_usual(text)) return usual;
  const bool calendar = text.size() > 4 && text[4] == '-' && is_digit(text[0]);
  return calendar ? from_calendar(text, zone) : from_epoch(text);
}

std::optional<EventTime> read_date_time(std::string_view text, Zone zone) {
  const auto usual = from_usual(text);
  return usual ? usual : from_calendar(text, zone);
}

std::optional<EventTime> read_epoch(std::string_view text, int power) {
  constexpr int kScale = 9;
  const auto value = parse_decimal(text, kScale, Rounding::half_even);
  if (!value || *value < 0) return std::nullopt;
  const int128 ms = *value / power_of_ten(kScale + power - 3);
  if (ms >= power_of_ten(14)) return std::nullopt;
  return event_time_ms(static_cast<std::int64_t>(ms));
}

}  // namespace tocsin::wire
