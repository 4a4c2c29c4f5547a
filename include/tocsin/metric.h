// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

// What a rule measures. All but error_rate are rising sums.
enum class Metric : std::uint8_t {
  cost,               // picodollars
  requests,           // count
  input_tokens,       // count
  output_tokens,      // count
  cached_tokens,      // count
  tokens,             // count
  errors,             // count
  unpriced_requests,  // count
  error_rate,         // errors / requests; amounts are ratios in 10^-12 (5% = 5 x 10^10)
};

constexpr bool is_ratio(Metric metric) { return metric == Metric::error_rate; }

constexpr std::string_view name(Metric metric) {
  switch (metric) {
    case Metric::cost: return "cost";
    case Metric::requests: return "requests";
    case Metric::input_tokens: return "input_tokens";
    case Metric::output_tokens: return "output_tokens";
    case Metric::cached_tokens: return "cached_tokens";
    case Metric::tokens: return "tokens";
    case Metric::errors: return "errors";
    case Metric::unpriced_requests: return "unpriced_requests";
    case Metric::error_rate: return "error_rate";
  }
  return "";
}

// Decimal places of an amount of the metric: picodollars and ratios 12, counts 0.
constexpr int decimal_places(Metric metric) {
  return metric == Metric::cost || is_ratio(metric) ? 12 : 0;
}

}  // namespace tocsin
