// SPDX-License-Identifier: Apache-2.0
#include "tocsin/decimal.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>

#include "words/big_decimal.h"

namespace tocsin {
namespace {

std::string digits_of(int128 value) { return decimal_text(value, 0); }

std::string parsed(const std::string& text, int scale, Rounding rounding = Rounding::exact) {
  const auto value = parse_decimal(text, scale, rounding);
  return value ? digits_of(*value) : "none";
}

std::string any_digits(int longest) {
  const int length = *rc::gen::inRange(1, longest + 1);
  return *rc::gen::container<std::string>(static_cast<std::size_t>(length),
                                          rc::gen::elementOf(std::string("0123456789059")));
}

// What parse_decimal should say of sign, digits, a point before the last `fraction` of them, and
// an exponent, by the school's rules.
std::string expected(bool negative, const std::string& digits, long exponent, int scale,
                     Rounding rounding) {
  const auto [whole, exact] = school::whole(digits, exponent + scale);
  if (!exact && rounding == Rounding::exact) return "none";
  if (whole.size() > 37) return "none";
  return (negative && whole != "0" ? "-" : "") + whole;
}

}  // namespace

TEST_CASE("Decimal text is an integer count of its scale") {
  CHECK(parsed("0.25", 2) == "25");
  CHECK(parsed("-0.25", 12) == "-250000000000");
  CHECK(parsed("+7", 0) == "7");
  CHECK(parsed("007.50", 2) == "750");
  CHECK(parsed("1.2e-3", 4) == "12");
  CHECK(parsed("1.2E+3", 0) == "1200");
  CHECK(parsed("12e-1", 1) == "12");
  CHECK(parsed("-0", 3) == "0");
  CHECK(parsed(".5", 1) == "5");
}

TEST_CASE("What isn't plain decimal text is no number") {
  for (const auto* text :
       {"",    "+",     "-",   ".",        "-.",    "5.",       "1.e3",  "e3",  "1e",
        "1e+", "1e1.5", "1,5", " 1",       "1 ",    "1 000",    "+-1",   "--1", "0x1",
        "1f",  "nan",   "inf", "Infinity", "1_000", "\xD9\xA1", "1e3e3", "1..2"}) {
    CAPTURE(text);
    CHECK(parsed(text, 12, Rounding::half_even) == "none");
  }
  CHECK(parsed(std::string("1\0", 2), 0) == "none");
}

TEST_CASE("A tie goes to the even number, anything over it up") {
  CHECK(parsed("0.5", 0, Rounding::half_even) == "0");
  CHECK(parsed("1.5", 0, Rounding::half_even) == "2");
  CHECK(parsed("2.5", 0, Rounding::half_even) == "2");
  CHECK(parsed("-2.5", 0, Rounding::half_even) == "-2");
  CHECK(parsed("2.50000000000000000000000000000000000000000001", 0, Rounding::half_even) == "3");
  // The first digit that no longer fits decides the rounding of the last that does.
  const std::string long_one(36, '1');
  CHECK(parsed(long_one + "0.9", 0, Rounding::half_even) == long_one + "1");
  CHECK(parsed("0.000000000000000000000000000000000000000000001", 0, Rounding::half_even) == "0");
}

TEST_CASE("Digits beyond the scale are refused where exactness is asked for") {
  CHECK(parsed("0.1234567890125", 12) == "none");
  CHECK(parsed("0.123456789012000", 12) == "123456789012");
  CHECK(parsed("1e-13", 12) == "none");
  CHECK(parsed("0e-999999999", 12) == "0");
}

TEST_CASE("A magnitude of 10^37 or more is refused, whatever its form") {
  const std::string nines(37, '9');
  CHECK(parsed(nines, 0) == nines);
  CHECK(parsed("1" + std::string(37, '0'), 0) == "none");
  CHECK(parsed("1e37", 0) == "none");
  CHECK(parsed("1e400", 0) == "none");
  CHECK(parsed("1e999999999999999999999", 0) == "none");
  CHECK(parsed("1e-999999999999999999999", 0, Rounding::half_even) == "0");
  CHECK(parsed(std::string(5000, '9'), 0, Rounding::half_even) == "none");
}

TEST_CASE("Reading agrees with decimal arithmetic as taught at school") {
  CHECK(rc::check("parse_decimal", [] {
    const bool negative = *rc::gen::arbitrary<bool>();
    const std::string whole = any_digits(40), fraction = any_digits(40);
    const int exponent = *rc::gen::inRange(-60, 60);
    const int scale = *rc::gen::element(0, 2, 6, 12, 18);
    const auto rounding = *rc::gen::element(Rounding::exact, Rounding::half_even);
    const std::string text =
        (negative ? "-" : "") + whole + "." + fraction + "e" + std::to_string(exponent);
    const long last_place = exponent - static_cast<long>(fraction.size());
    RC_LOG() << text << " at scale " << scale;
    RC_ASSERT(parsed(text, scale, rounding) ==
              expected(negative, whole + fraction, last_place, scale, rounding));
  }));
}

TEST_CASE("Any text is a number or none, and a number reads back") {
  CHECK(rc::check("parse_decimal on rubbish", [] {
    const std::string text =
        *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0159+-.eE x")));
    const auto value = parse_decimal(text, 6, Rounding::exact);
    if (value) RC_ASSERT(parse_decimal(decimal_text(*value, 6), 6, Rounding::exact) == value);
  }));
}

TEST_CASE("Text has all digits, no exponent, and no zeros beyond those asked for") {
  CHECK(decimal_text(0, 12) == "0");
  CHECK(decimal_text(5, 1) == "0.5");
  CHECK(decimal_text(-1, 6) == "-0.000001");
  CHECK(decimal_text(12'000'000, 6) == "12");
  CHECK(decimal_text(12'300'000, 6) == "12.3");
  CHECK(decimal_text(12'300'000, 6, 2) == "12.30");
  CHECK(decimal_text(12'000'000, 6, 2) == "12.00");
  CHECK(decimal_text(12'345'678, 6, 2) == "12.345678");
  CHECK(decimal_text(kInt128Max, 0) == "170141183460469231731687303715884105727");
  CHECK(decimal_text(-kInt128Max - 1, 0) == "-170141183460469231731687303715884105728");
}

TEST_CASE("Division rounds to the nearest, a tie to the even, on both sides of zero") {
  const auto rounded = [](long long a, long long b) { return digits_of(divide_half_even(a, b)); };
  CHECK(rounded(7, 2) == "4");
  CHECK(rounded(5, 2) == "2");
  CHECK(rounded(-5, 2) == "-2");
  CHECK(rounded(-7, 2) == "-4");
  CHECK(rounded(-1, 3) == "0");
  CHECK(rounded(2, 3) == "1");
  CHECK(digits_of(divide_half_even(kInt128Max, kInt128Max)) == "1");
  CHECK(digits_of(divide_half_even(kInt128Max / 2, kInt128Max)) == "0");
  CHECK(digits_of(divide_half_even(kInt128Max / 2 + 1, kInt128Max)) == "1");
}

TEST_CASE("Division agrees with long division") {
  CHECK(rc::check("divide", [] {
    const std::string a = school::trimmed(any_digits(37)), b = "1" + any_digits(36);
    const auto numerator = *parse_decimal(a, 0, Rounding::exact);
    const auto denominator = *parse_decimal(b, 0, Rounding::exact);
    const auto [quotient, rest] = school::divided(a, b);
    RC_ASSERT(digits_of(divide_up(numerator, denominator)) ==
              (rest == "0" ? quotient : school::plus_one(quotient)));
    const std::string other = school::minus(b, rest);
    const bool odd = (quotient.back() - '0') % 2 == 1;
    const bool up = school::less(other, rest) || (other == rest && odd);
    const std::string nearest = up ? school::plus_one(quotient) : quotient;
    RC_ASSERT(digits_of(divide_half_even(numerator, denominator)) == nearest);
    RC_ASSERT(divide_half_even(-numerator, denominator) ==
              -divide_half_even(numerator, denominator));
  }));
}

}  // namespace tocsin
