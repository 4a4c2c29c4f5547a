// SPDX-License-Identifier: Apache-2.0
#include "event/number.h"

#include "tocsin/decimal.h"
#include "tocsin/event.h"

namespace tocsin::wire {
namespace {

std::size_t skip_digits(std::string_view token, std::size_t i) {
  while (i < token.size() && is_digit(token[i])) ++i;
  return i;
}

template <class T>
Parsed<T> refused(QuarantineReason reason) {
  return {{}, false, reason};
}

Parsed<Money> bounded_cost(Money cost) {
  if (cost < Money{}) return refused<Money>(QuarantineReason::negative_cost);
  if (cost > Money::usd(kReportedCostMaxUsd)) {
    return refused<Money>(QuarantineReason::absurd_cost);
  }
  return {cost};
}

}  // namespace

bool is_json_number(std::string_view token) {
  std::size_t i = !token.empty() && token[0] == '-' ? 1 : 0;
  const std::size_t whole = skip_digits(token, i);
  if (whole == i || (token[i] == '0' && whole > i + 1)) return false;
  i = whole;
  if (i < token.size() && token[i] == '.') {
    const std::size_t fraction = skip_digits(token, i + 1);
    if (fraction == i + 1) return false;
    i = fraction;
  }
  if (i < token.size() && (token[i] == 'e' || token[i] == 'E')) {
    ++i;
    if (i < token.size() && (token[i] == '+' || token[i] == '-')) ++i;
    const std::size_t power = skip_digits(token, i);
    if (power == i) return false;
    i = power;
  }
  return i == token.size();
}

Parsed<std::int64_t> read_count(std::string_view text) {
  std::int64_t plain = 0;
  if (plain_count(text, plain)) return {plain};
  const auto value = parse_decimal(text, 0, Rounding::exact);
  if (!value) return refused<std::int64_t>(QuarantineReason::absurd_count);
  if (*value < 0) return refused<std::int64_t>(QuarantineReason::negative_count);
  if (*value > kCountMax) return refused<std::int64_t>(QuarantineReason::absurd_count);
  return {static_cast<std::int64_t>(*value)};
}

Parsed<Money> read_cost(std::string_view text) {
  const auto cost = Money::parse(text);
  return cost ? bounded_cost(*cost) : refused<Money>(QuarantineReason::absurd_cost);
}

Parsed<Money> read_cents(std::string_view text) {
  constexpr int kScale = 10;  // a cent has 10^10 picodollars
  const auto pico = parse_decimal(text, kScale, Rounding::half_even);
  if (!pico || *pico > power_of_ten(30) || *pico < -power_of_ten(30)) {
    return refused<Money>(QuarantineReason::absurd_cost);
  }
  return bounded_cost(Money::pico(*pico));
}

Parsed<Money> read_nano_cost(std::string_view text) {
  const auto nano = parse_decimal(text, 0, Rounding::exact);
  if (!nano || *nano > power_of_ten(30) || *nano < -power_of_ten(30)) {
    return refused<Money>(QuarantineReason::absurd_cost);
  }
  return bounded_cost(Money::pico(*nano * 1000));
}

}  // namespace tocsin::wire
