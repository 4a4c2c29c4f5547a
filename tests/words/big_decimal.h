// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

// Decimal arithmetic as taught at school, on texts of digits: slow, and sharing nothing with
// tocsin/decimal.h but the idea. A number is its digits without leading zeros; "0" is zero.
namespace tocsin::school {

inline std::string trimmed(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? "0" : digits;
}

inline bool less(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

inline std::string plus_one(std::string digits) {
  std::size_t i = digits.size();
  while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
  if (i == 0) return "1" + digits;
  ++digits[i - 1];
  return digits;
}

// Digits x 10^exponent, rounded half-even to a whole number. `exact` tells whether it was one.
struct Rounded {
  std::string digits;
  bool exact = true;
};

inline Rounded whole(std::string digits, long exponent) {
  digits = trimmed(digits);
  if (digits == "0") return {"0", true};
  if (exponent >= 0) return {digits + std::string(static_cast<std::size_t>(exponent), '0'), true};
  const auto dropped = static_cast<std::size_t>(-exponent);
  if (digits.size() < dropped) digits.insert(0, dropped - digits.size(), '0');
  std::string kept = trimmed(digits.substr(0, digits.size() - dropped));
  const std::string rest = digits.substr(digits.size() - dropped);
  const std::string half = "5" + std::string(dropped - 1, '0');
  const bool odd = (kept.back() - '0') % 2 == 1;
  const bool up = rest > half || (rest == half && odd);
  return {up ? plus_one(kept) : kept, rest.find_first_not_of('0') == std::string::npos};
}

// Long division of whole numbers: one digit after the other.
struct Quotient {
  std::string digits, rest;
};

inline std::string minus(std::string a, const std::string& b) {
  std::size_t j = b.size();
  int borrow = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    int digit = a[i] - '0' - borrow - (j > 0 ? b[--j] - '0' : 0);
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += 10;
    a[i] = static_cast<char>('0' + digit);
  }
  return trimmed(a);
}

inline Quotient divided(std::string_view a, const std::string& b) {
  Quotient result{"", "0"};
  for (const char digit : a) {
    result.rest = trimmed(result.rest + digit);
    char times = '0';
    for (; !less(result.rest, b); ++times) result.rest = minus(result.rest, b);
    result.digits.push_back(times);
  }
  result.digits = trimmed(result.digits);
  return result;
}

}  // namespace tocsin::school
