// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>

#include "document/utf8.h"

#include <catch2/catch.hpp>

#include "notify/amount_text.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "notify/samples.h"
#include "window/local_time.h"

using namespace tocsin;
using namespace tocsin::samples;

TEST_CASE("Money has cents from a dollar up and two digits below") {
  const auto text = [](const char* dollars) { return value_text(Metric::cost, usd(dollars)); };
  CHECK(text("80.0194") == "$80.02");
  CHECK(text("1234567.891") == "$1,234,567.89");
  CHECK(text("1") == "$1.00");
  CHECK(text("0.5") == "$0.50");
  CHECK(text("0.013166") == "$0.013");
  CHECK(text("0.0041") == "$0.0041");
  CHECK(text("0.0996") == "$0.10");
  CHECK(text("0.999") == "$1.00");
  CHECK(text("0.000000000001") == "$0.000000000001");
  CHECK(text("0") == "$0");
  CHECK(text("-0.4") == "\xE2\x88\x92$0.40");
}

TEST_CASE("Money is rounded half to the even cent") {
  CHECK(value_text(Metric::cost, usd("2.005")) == "$2.00");
  CHECK(value_text(Metric::cost, usd("2.015")) == "$2.02");
  CHECK(value_text(Metric::cost, usd("2.0150001")) == "$2.02");
}

TEST_CASE("A value below its limit is never shown as having reached it") {
  CHECK(value_text(Metric::cost, usd("99.996"), usd("100")) == "$99.99");
  CHECK(value_text(Metric::cost, usd("99.996"), usd("50")) == "$100.00");
  CHECK(value_text(Metric::cost, usd("0.0999"), usd("0.1")) == "$0.099");
  CHECK(value_text(Metric::tokens, 49'999'999, 50'000'000) == "49.9M");
  CHECK(value_text(Metric::error_rate, 49'999'999'999, percent(5)) == "4.9%");
}

TEST_CASE("A value that reached its limit is never shown as below it") {
  CHECK(value_text(Metric::cost, usd("100.0041"), usd("100.004")) == "$100.01");
  CHECK(value_text(Metric::tokens, 50'040'000, 50'030'000) == "50.1M");
}

TEST_CASE("What is shown stands on the same side of the limit as the value") {
  CHECK(rc::check([] {
    const int128 limit = *rc::gen::inRange<std::int64_t>(1, 200'000) * power_of_ten(9);
    const int128 value = limit + *rc::gen::inRange<std::int64_t>(-20'000'000'000, 20'000'000'000);
    RC_PRE(value > 0);
    std::string text = value_text(Metric::cost, value, limit).substr(1);
    std::erase(text, ',');
    const int128 shown = parse_decimal(text, 12, Rounding::exact).value();
    RC_ASSERT((shown >= limit) == (value >= limit));
  }));
}

TEST_CASE("What is left or over fits what is spent beside it") {
  const auto text = [](const char* difference, const char* budget) {
    return difference_text(Metric::cost, usd(difference), usd(budget));
  };
  CHECK(text("19.9806", "100") == "$19.98");
  CHECK(text("0.04", "25") == "$0.04");
  CHECK(text("0.0067", "100") == "less than $0.01");
  CHECK(text("0.0041", "0") == "$0.0041");
  CHECK(difference_text(Metric::requests, 14, 20'000) == "14");
}

TEST_CASE("What is reckoned is not less than what is reached already") {
  CHECK(about_text(Metric::cost, usd("80.12"), usd("80.02")) == "$80.12");
  CHECK(about_text(Metric::cost, usd("135.8"), usd("80.02")) == "$136");
}

TEST_CASE("Limits are shown as people write them") {
  CHECK(limit_text(Metric::cost, usd("100")) == "$100");
  CHECK(limit_text(Metric::cost, usd("7900")) == "$7,900");
  CHECK(limit_text(Metric::cost, usd("2.5")) == "$2.50");
  CHECK(limit_text(Metric::cost, usd("0.125")) == "$0.125");
  CHECK(even_limit_text(Metric::cost, usd("100")) == "$100.00");
  CHECK(limit_text(Metric::tokens, 50'000'000) == "50M");
  CHECK(limit_text(Metric::tokens, 20'000) == "20k");
  CHECK(limit_text(Metric::tokens, 12'345) == "12,345");
  CHECK(limit_text(Metric::requests, 20'000) == "20,000");
  CHECK(limit_text(Metric::error_rate, percent(5)) == "5%");
  CHECK(limit_text(Metric::error_rate, percent(5) / 2) == "2.5%");
}

TEST_CASE("Tokens have three digits, rates a tenth of a percent") {
  CHECK(value_text(Metric::tokens, 41'203'112) == "41.2M");
  CHECK(value_text(Metric::tokens, 9'999) == "9,999");
  CHECK(value_text(Metric::tokens, 1'204'000'000'000) == "1.2T");
  CHECK(value_text(Metric::requests, 1'902) == "1,902");
  CHECK(value_text(Metric::error_rate, 74'003'795'066) == "7.4%");
  CHECK(value_text(Metric::error_rate, 4'212'345'678) == "0.42%");
  CHECK(value_text(Metric::error_rate, percent(20)) == "20%");
  CHECK(about_text(Metric::cost, usd("152.7")) == "$153");
  CHECK(about_text(Metric::cost, usd("7901.2")) == "$7,900");
  CHECK(about_text(Metric::requests, 48'123) == "48,100");
}

TEST_CASE("Percents of a budget are whole and never rounded up") {
  CHECK((whole_percent(usd("99.999"), usd("100")) == 99));
  CHECK((whole_percent(usd("137"), usd("100")) == 137));
  CHECK_FALSE(whole_percent(usd("1"), 0).has_value());
}

TEST_CASE("Text from outside is one line without characters that hide or reorder") {
  CHECK(clean_text("a\r\nb\tc") == "a  b c");
  CHECK(clean_text(std::string("a\0b\x1b[31mc\x7f", 10)) == "ab[31mc");
  CHECK(clean_text("x\xE2\x80\xAEy\xE2\x81\xA6z\xE2\x80\x8B") == "xyz");  // bidi, zero width
  CHECK(clean_text("bad \xff\xC0\xAF") == "bad \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(clean_text("m\xC3\xBCller \xF0\x9F\x98\x80") == "m\xC3\xBCller \xF0\x9F\x98\x80");
}

TEST_CASE("Cleaned text is valid UTF-8 without control characters, whatever came") {
  CHECK(rc::check([](const std::string& bytes) {
    const std::string clean = clean_text(bytes);
    RC_ASSERT(is_utf8(clean));
    for (const char c : clean) RC_ASSERT(static_cast<unsigned char>(c) >= 0x20);
  }));
}

TEST_CASE("Long text is cut between characters") {
  CHECK(cut_middle("user_01HZ8K3N7M2Q5R9T4V6W9QX2", 14) ==
        "user_01HZ\xE2\x80\xA6"
        "9QX2");
  CHECK(cut_middle("short", 24) == "short");
  CHECK(characters(cut_middle(std::string(300, 'x'), 24)) == 24);
  CHECK(cut_end("\xC3\xA4\xC3\xB6\xC3\xBC", 2) == "\xC3\xA4\xE2\x80\xA6");
  CHECK(cut_end("abc", 0).empty());
}

TEST_CASE("Right-to-left text is kept from reordering its neighbours") {
  const std::string arabic = "\xD9\x85\xD8\xB3\xD8\xAA";
  CHECK(isolated(arabic) == "\xE2\x81\xA8" + arabic + "\xE2\x81\xA9");
  CHECK(isolated("m\xC3\xBCller") == "m\xC3\xBCller");
}

TEST_CASE("A wall clock is read in its zone") {
  const LocalTime summer = local_time(utc(2026, 7, 1, 22, 30), "Europe/Berlin");
  CHECK(clock_text(summer) == "00:30");
  CHECK(date_text(summer, true) == "Thu 2 Jul 2026");
  CHECK(clock_text(local_time(utc(2026, 11, 21, 20), "Asia/Kolkata")) == "01:30");
  CHECK(clock_text(local_time(utc(2026, 11, 21, 20), "Nowhere/City")) == "20:00");
  CHECK(local_time(EventTime::max(), "UTC").year > 9'999);
}

TEST_CASE("In the night the clock is set back the zone's name tells the two hours apart") {
  CHECK(clock_text(local_time(utc(2026, 10, 25, 0, 30), "Europe/Berlin")) == "02:30 CEST");
  CHECK(clock_text(local_time(utc(2026, 10, 25, 1, 30), "Europe/Berlin")) == "02:30 CET");
  CHECK(clock_text(local_time(utc(2026, 10, 25, 2, 30), "Europe/Berlin")) == "03:30");
}

TEST_CASE("A period is told in the reader's words") {
  Alert alert = production();
  const auto text = [&](EventTime told) { return period_text(alert, told); };
  CHECK(text(utc(2026, 11, 21, 22, 59)) == "today");
  CHECK(text(utc(2026, 11, 21, 23, 0)) == "yesterday");
  CHECK(text(utc(2026, 11, 23)) == "on Sat 21 Nov");
  CHECK(text(utc(2027, 1, 2)) == "on Sat 21 Nov 2026");

  alert.window_kind = WindowKind::month;
  alert.window = {utc(2026, 10, 31, 23), utc(2026, 11, 30, 23)};
  CHECK(text(utc(2026, 11, 21)) == "in November");
  CHECK(text(utc(2027, 1, 1)) == "in November 2026");

  alert.window_kind = WindowKind::hour;
  alert.window = {utc(2026, 11, 21, 13), utc(2026, 11, 21, 14)};
  CHECK(text(utc(2026, 11, 21, 13, 5)) == "this hour");
  CHECK(text(utc(2026, 11, 21, 15)) == "in the hour from 14:00");

  alert.window_kind = WindowKind::rolling;
  alert.window_length = Millis{300'000};
  CHECK(text(utc(2026, 11, 21, 14)) == "in the last 5 min");
  alert.window_length = Millis{3'600'000};
  CHECK(text(utc(2026, 11, 21, 14)) == "in the last hour");
  alert.window_length = Millis{7 * 86'400'000};
  CHECK(text(utc(2026, 11, 21, 14)) == "in the last 7 days");

  alert.window_kind = WindowKind::lifetime;
  alert.window = {utc(2026, 10, 31, 23), kNever};
  CHECK(text(utc(2026, 11, 21)) == "since Sun 1 Nov 2026");
}

TEST_CASE("Bounds are local, also of the short and the long day of a year") {
  Alert alert = production();
  alert.window = {utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)};  // 25 hours
  CHECK(bounds_text(alert, utc(2026, 10, 25, 12)) ==
        "Sun 25 Oct, 00:00\xE2\x80\x93"
        "24:00 Europe/Berlin");
  alert.zone = "America/Sao_Paulo";  // midnight of 4 Nov 2018 did not exist
  alert.window = {utc(2018, 11, 3, 3), utc(2018, 11, 4, 3)};
  CHECK(bounds_text(alert, utc(2018, 11, 3, 12)) ==
        "Sat 3 Nov, 00:00\xE2\x80\x93"
        "24:00 America/Sao_Paulo");
  alert.zone = "Europe/Berlin";
  alert.window_kind = WindowKind::hour;
  alert.window = {utc(2026, 10, 25, 0), utc(2026, 10, 25, 1)};
  CHECK(bounds_text(alert, utc(2026, 10, 25, 0, 30)) ==
        "Sun 25 Oct, 02:00 CEST\xE2\x80\x93"
        "02:00 CET Europe/Berlin");
}

TEST_CASE("A moment to come is told as short as is unmistakable") {
  const EventTime now = utc(2026, 11, 21, 13, 7, 32);
  const auto text = [&](EventTime when) { return when_text(when, now, "Europe/Berlin"); };
  CHECK(text(utc(2026, 11, 21, 15, 49, 59)) == "16:49");
  CHECK(text(utc(2026, 11, 21, 13, 8, 5)) == "14:08:05");
  CHECK(text(utc(2026, 11, 22, 1, 10)) == "02:10 tomorrow");
  CHECK(text(utc(2026, 11, 23, 10)) == "Mon 23 Nov");
  CHECK(text(utc(2026, 11, 29, 10)) == "29 Nov");
  CHECK(text(utc(2027, 2, 3, 10)) == "3 Feb 2027");
}

TEST_CASE("Durations have two units at most") {
  CHECK(duration_text(Millis{30'000}) == "30 s");
  CHECK(duration_text(Millis{14 * 60'000}) == "14 min");
  CHECK(duration_text(Millis{192 * 60'000}) == "3 h 12 min");
  CHECK(duration_text(Millis{52 * 3'600'000}) == "2 d 4 h");
}
