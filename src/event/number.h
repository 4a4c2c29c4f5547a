// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "event/decoder.h"
#include "tocsin/money.h"

namespace tocsin::wire {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether a token is a number by JSON's grammar (no "+1", "01", ".5", "NaN").
bool is_json_number(std::string_view token);

// A value read, or why it cannot be.
template <class T>
struct Parsed {
  T value{};
  bool ok = true;
  QuarantineReason reason = QuarantineReason::wrong_type;
};

// Reads a token that is a JSON number of at most 12 digits and nothing else, as nearly all counts
// are. False: it is another, and `value` as it was.
inline bool plain_count(std::string_view token, std::int64_t& value) {
  constexpr std::size_t kDigits = 12;  // kCountMax has 13
  if (token.empty() || token.size() > kDigits) return false;
  if (token[0] == '0' && token.size() > 1) return false;
  std::int64_t read = 0;
  for (const char c : token) {
    if (!is_digit(c)) return false;
    read = read * 10 + (c - '0');
  }
  value = read;
  return true;
}

// A whole number from 0 to kCountMax in any decimal spelling ("12", "1.2e1", "12.0").
Parsed<std::int64_t> read_count(std::string_view text);

// Decimal dollars from 0 to kReportedCostMaxUsd, rounded half-even to the picodollar.
Parsed<Money> read_cost(std::string_view text);

// The same of decimal cents.
Parsed<Money> read_cents(std::string_view text);

// A whole count of 10^-9 dollars, as Helicone's table stores costs.
Parsed<Money> read_nano_cost(std::string_view text);

}  // namespace tocsin::wire
