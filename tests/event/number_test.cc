// SPDX-License-Identifier: Apache-2.0
#include "event/number.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>

#include "event/timestamp.h"

using namespace tocsin;
using namespace tocsin::wire;

namespace {

// Digits with a point `places` from the right, as picodollars, by shifting digits about: rounds
// half-even by looking at the digits that fall off.
std::string model_pico(std::string digits, int places, int exponent) {
  int shift = 12 + exponent - places;
  for (; shift > 0; --shift) digits += '0';
  std::string dropped;
  for (; shift < 0; ++shift) {
    if (digits.empty()) digits = "0";
    dropped.insert(dropped.begin(), digits.back());
    digits.pop_back();
  }
  if (digits.empty()) digits = "0";
  const std::string half = dropped.empty() ? "" : "5" + std::string(dropped.size() - 1, '0');
  const bool odd = (digits.back() - '0') % 2 == 1;
  if (!dropped.empty() && (dropped > half || (dropped == half && odd))) {
    std::size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i > 0) {
      ++digits[i - 1];
    } else {
      digits.insert(digits.begin(), '1');
    }
  }
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string::npos ? "0" : digits.substr(first);
}

std::int64_t ms(std::string_view text, Zone zone = Zone::required) {
  const auto time = read_timestamp(text, zone);
  return time ? to_ms(*time) : -1;
}

}  // namespace

TEST_CASE("Costs are read exactly, rounded half-even to the picodollar") {
  const bool equals = rc::check("equals the model", [] {
    const int count = *rc::gen::inRange(1, 20);
    const auto digits = *rc::gen::container<std::string>(static_cast<std::size_t>(count),
                                                         rc::gen::inRange('0', ':'));
    const int places = *rc::gen::inRange(0, count);
    const int exponent = *rc::gen::inRange(-20, 6);
    std::string text = digits;
    if (places > 0) text.insert(text.size() - static_cast<std::size_t>(places), ".");
    if (exponent != 0) text += "e" + std::to_string(exponent);
    const std::string expected = model_pico(digits, places, exponent);
    const auto read = read_cost(text);
    if (expected.size() > 21 && expected > "1000000000000000000000") {
      RC_ASSERT(!read.ok);
    } else if (expected.size() <= 21) {
      RC_ASSERT(read.ok);
      RC_ASSERT(decimal_text(read.value.pico(), 0) == expected);
    }
  });
  CHECK(equals);
}

TEST_CASE("Costs that no double holds are kept") {
  CHECK(read_cost("0.1").value.pico() == 100'000'000'000);
  CHECK(read_cost("999999999.999999999999").value.text() == "999999999.999999999999");
  CHECK(read_cost("0.0000000000005").value.pico() == 0);
  CHECK(read_cost("0.0000000000015").value.pico() == 2);
  CHECK(read_cost("1e-400").value.pico() == 0);
  CHECK(read_cost("-0.0").ok);
}

TEST_CASE("Counts are whole numbers up to 10^12 in any spelling") {
  CHECK(read_count("0").value == 0);
  CHECK(read_count("1000000000000").value == kCountMax);
  CHECK(read_count("1e12").value == kCountMax);
  CHECK(read_count("12.0").value == 12);
  CHECK(read_count("1000000000001").reason == QuarantineReason::absurd_count);
  CHECK(read_count("-0").ok);
  CHECK(read_count("-1").reason == QuarantineReason::negative_count);
  CHECK_FALSE(read_count("").ok);
}

TEST_CASE("Numbers follow JSON's grammar") {
  for (const char* good : {"0", "-0", "10", "1.5", "1e5", "1E-5", "0.0e+1"}) {
    CHECK(is_json_number(good));
  }
  for (const char* bad : {"", "-", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1 ", "1a"}) {
    INFO(bad);
    CHECK_FALSE(is_json_number(bad));
  }
}

TEST_CASE("Times are read with any offset and any fraction") {
  CHECK(ms("2026-11-20T10:00:00Z") == 1795168800000);
  CHECK(ms("2026-11-20t10:00:00.1239z") == 1795168800123);
  CHECK(ms("2026-11-20 11:00:00.5+01:00") == 1795168800500);
  CHECK(ms("2026-11-20T04:30:00-05:30") == 1795168800000);
  CHECK(ms("2024-02-29T00:00:00Z") == 1709164800000);
  CHECK(ms("2016-12-31T23:59:60Z") == ms("2017-01-01T00:00:00Z"));
  CHECK(ms("2016-12-31T23:59:60.000Z") == ms("2017-01-01T00:00:00Z"));
  CHECK(ms("1970-01-01T00:00:00Z") == 0);
  CHECK(ms("2026-11-20 10:00:00", Zone::utc_if_absent) == 1795168800000);
  for (const char* bad : {"",
                          "2026-11-20",
                          "2026-11-20T10:00Z",
                          "2026-11-20T10:00:00",
                          "2026-11-20T24:00:00Z",
                          "2026-13-01T00:00:00Z",
                          "2025-02-29T00:00:00Z",
                          "2026-11-20T10:00:00.Z",
                          "2026-11-20T24:00:00.000Z",
                          "2026-11-20T10:60:00.000Z",
                          "2026-11-20T10:00:61.000Z",
                          "2025-02-29T00:00:00.000Z",
                          "1969-12-31T23:59:59.999Z",
                          "2026-11-20X10:00:00.000Z",
                          "2026-11-20T10:00:00,000Z",
                          "2026-11-20T10:00:00.00:Z",
                          "2026-11-20T10:00:00+0100",
                          "2026-11-20T10:00:00Zx",
                          "1969-12-31T23:59:59Z",
                          "12e",
                          "-5"}) {
    INFO(bad);
    CHECK(ms(bad) == -1);
  }
}

TEST_CASE("A time in milliseconds and Z reads like the same with +00:00, whatever its bytes") {
  const bool holds = rc::check("equals the other spelling", [] {
    std::string text = "2026-11-20T10:59:59.999";
    const int changes = *rc::gen::inRange(0, 3);
    for (int i = 0; i < changes; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
      text[at] = *rc::gen::weightedOneOf<char>(
          {{3, rc::gen::inRange('0', ':')}, {1, rc::gen::arbitrary<char>()}});
    }
    RC_ASSERT(ms(text + "Z") == ms(text + "+00:00"));
  });
  CHECK(holds);
}

TEST_CASE("Epoch times are told apart by size") {
  CHECK(ms("1795168800") == 1795168800000);
  CHECK(ms("1795168800.1239") == 1795168800123);
  CHECK(ms("1.7951688e9") == 1795168800000);
  CHECK(ms("1795168800123") == 1795168800123);
  CHECK(ms("1795168800123.9") == 1795168800123);
  CHECK(ms("1795168800123456") == 1795168800123);
  CHECK(ms("1795168800123456789") == 1795168800123);
  CHECK(ms("0") == 0);
  CHECK(ms("100000000000000000000") == -1);
}
