// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "tocsin/decimal.h"

namespace tocsin {

// Decimal places of a picodollar.
inline constexpr int kPicoScale = 12;

// An exact amount of US dollars in picodollars (10^-12 USD). 128 bits hold 1.7 x 10^26 USD, so
// adding costs (each at most 10^9 USD) cannot overflow.
class Money {
 public:
  constexpr Money() = default;
  static constexpr Money pico(int128 picodollars) {
    Money money;
    money.pico_ = picodollars;
    return money;
  }
  static constexpr Money usd(long long dollars) { return pico(dollars * power_of_ten(kPicoScale)); }

  // "0.00123", "1e-5": dollars, rounded half-even to the picodollar.
  static constexpr std::optional<Money> parse(std::string_view dollars) {
    const auto amount = parse_decimal(dollars, kPicoScale, Rounding::half_even);
    if (!amount) return std::nullopt;
    return pico(*amount);
  }

  constexpr int128 pico() const { return pico_; }
  constexpr Money& operator+=(Money other) {
    pico_ += other.pico_;
    return *this;
  }
  friend constexpr Money operator+(Money a, Money b) { return a += b; }
  friend constexpr Money operator-(Money a, Money b) { return pico(a.pico_ - b.pico_); }
  friend constexpr auto operator<=>(Money, Money) = default;

  // Dollars as decimal text with no digit lost: "97.3174225", "0".
  std::string text() const { return decimal_text(pico_, kPicoScale); }

 private:
  int128 pico_ = 0;
};

}  // namespace tocsin
