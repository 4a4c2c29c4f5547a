// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

inline constexpr int128 kInt128Max = static_cast<int128>(~uint128{0} >> 1);

constexpr int128 power_of_ten(int exponent) {
  int128 power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

// numerator / denominator to the nearest integer, a tie to the even one. denominator > 0.
constexpr int128 divide_half_even(int128 numerator, int128 denominator) {
  const bool negative = numerator < 0;
  const uint128 n =
      negative ? uint128{0} - static_cast<uint128>(numerator) : static_cast<uint128>(numerator);
  const uint128 d = static_cast<uint128>(denominator);
  uint128 quotient = n / d;
  const uint128 rest = n % d;
  if (rest > d - rest || (rest == d - rest && (quotient & 1) != 0)) ++quotient;
  const int128 result = static_cast<int128>(quotient);
  return negative ? -result : result;
}

// The least integer not below numerator / denominator. numerator >= 0, denominator > 0.
constexpr int128 divide_up(int128 numerator, int128 denominator) {
  return numerator / denominator + (numerator % denominator != 0 ? 1 : 0);
}

enum class Rounding { exact, half_even };

// Plain decimal text, with an optional sign, fraction and exponent ("-0.25", "1.2e-3"), as an
// integer count of 10^-scale. Nothing for other text (blanks, "nan", "0x1", ".", "+-1"), for a
// magnitude of 10^37 or more, and under Rounding::exact for digits beyond the scale.
constexpr std::optional<int128> parse_decimal(std::string_view text, int scale, Rounding rounding) {
  std::size_t i = 0;
  const auto digit = [&] { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  bool negative = false;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  constexpr uint128 kMantissaMax = static_cast<uint128>(power_of_ten(37));
  uint128 mantissa = 0;
  int exponent = 0;
  int digits = 0;
  bool inexact = false;  // a non-zero digit was dropped because the mantissa was full
  const auto take = [&](bool fraction) {
    for (; digit(); ++i, ++digits) {
      const unsigned value = static_cast<unsigned>(text[i] - '0');
      if (mantissa < kMantissaMax) {
        mantissa = mantissa * 10 + value;
        if (fraction) --exponent;
      } else {
        inexact = inexact || value != 0;
        if (!fraction) ++exponent;
      }
      if (digits > 4000) return false;
    }
    return true;
  };
  if (!take(false)) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    ++i;
    const int before = digits;
    if (!take(true) || digits == before) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    bool down = false;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) down = text[i++] == '-';
    if (!digit()) return std::nullopt;
    int power = 0;
    for (; digit(); ++i) {
      if (power < 100000) power = power * 10 + (text[i] - '0');
    }
    exponent += down ? -power : power;
  }
  if (i != text.size()) return std::nullopt;
  if (mantissa == 0) return int128{0};

  int shift = exponent + scale;
  for (; shift > 0; --shift) {
    if (mantissa >= static_cast<uint128>(power_of_ten(36))) return std::nullopt;
    mantissa *= 10;
  }
  if (shift < 0) {
    if (shift < -38) {
      inexact = true;
      mantissa = 0;
    } else {
      uint128 divisor = 1;
      for (int k = 0; k < -shift; ++k) divisor *= 10;
      const uint128 rest = mantissa % divisor;
      mantissa /= divisor;
      const uint128 half = divisor / 2;
      if (rest > half || (rest == half && (inexact || (mantissa & 1) != 0))) ++mantissa;
      inexact = inexact || rest != 0;
    }
  }
  if (inexact && rounding == Rounding::exact) return std::nullopt;
  if (mantissa >= static_cast<uint128>(power_of_ten(37))) return std::nullopt;
  const int128 result = static_cast<int128>(mantissa);
  return negative ? -result : result;
}

// value x 10^-scale as plain decimal text: all digits, no exponent, at least `least` of them
// after the point and no further trailing zeros ("0.5", "12", "-0.000001").
inline std::string decimal_text(int128 value, int scale, int least = 0) {
  const bool negative = value < 0;
  uint128 rest = negative ? uint128{0} - static_cast<uint128>(value) : static_cast<uint128>(value);
  std::string reversed;
  int kept = 0;
  for (int place = scale; place > 0; --place, rest /= 10) {
    const char digit = static_cast<char>('0' + static_cast<int>(rest % 10));
    if (kept == 0 && digit == '0' && place > least) continue;
    reversed.push_back(digit);
    ++kept;
  }
  if (kept > 0) reversed.push_back('.');
  do {
    reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (negative) reversed.push_back('-');
  return {reversed.rbegin(), reversed.rend()};
}

}  // namespace tocsin
