// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin {

// What a rule measures. Numbers are stored with the state: new ones come at the end.
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
  cache_hit_rate,     // answers from the gateway's cache / requests
  prompt_cache_rate,  // cached tokens / input tokens
  cost_per_request,   // picodollars
  cost_per_session,   // picodollars, by distinct sessions
  cost_per_user,      // picodollars, by distinct users
  latency_p50,        // microseconds, of requests that tell theirs
  latency_p90,
  latency_p95,
  latency_p99,
  first_seen,  // requests of a group: its first is the news
};
inline constexpr Metric kLastMetric = Metric::first_seen;

// How a value comes about. All but sums can fall, and are judged when time has passed.
enum class Measure : std::uint8_t {
  sum,         // of amounts
  ratio,       // amounts / requests (or what the metric divides by), in 10^-12
  average,     // the same, in the unit of the amounts
  percentile,  // of a sketch
};

constexpr Measure measure_of(Metric metric) {
  switch (metric) {
    case Metric::error_rate:
    case Metric::cache_hit_rate:
    case Metric::prompt_cache_rate: return Measure::ratio;
    case Metric::cost_per_request:
    case Metric::cost_per_session:
    case Metric::cost_per_user: return Measure::average;
    case Metric::latency_p50:
    case Metric::latency_p90:
    case Metric::latency_p95:
    case Metric::latency_p99: return Measure::percentile;
    case Metric::cost:
    case Metric::requests:
    case Metric::input_tokens:
    case Metric::output_tokens:
    case Metric::cached_tokens:
    case Metric::tokens:
    case Metric::errors:
    case Metric::unpriced_requests:
    case Metric::first_seen: break;
  }
  return Measure::sum;
}

constexpr bool is_ratio(Metric metric) { return measure_of(metric) == Measure::ratio; }
constexpr bool is_sum(Metric metric) { return measure_of(metric) == Measure::sum; }
constexpr bool is_latency(Metric metric) { return measure_of(metric) == Measure::percentile; }
// Its amounts are dollars.
constexpr bool is_money(Metric metric) {
  return metric == Metric::cost || measure_of(metric) == Measure::average;
}
// Divided by how many different sessions or users there were, which a sketch counts.
constexpr bool by_distinct(Metric metric) {
  return metric == Metric::cost_per_session || metric == Metric::cost_per_user;
}
// The share of requests that a percentile says are at most that slow, in thousandths.
constexpr int quantile_of(Metric metric) {
  if (metric == Metric::latency_p50) return 500;
  if (metric == Metric::latency_p90) return 900;
  return metric == Metric::latency_p95 ? 950 : 990;
}

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
    case Metric::cache_hit_rate: return "cache_hit_rate";
    case Metric::prompt_cache_rate: return "prompt_cache_rate";
    case Metric::cost_per_request: return "cost_per_request";
    case Metric::cost_per_session: return "cost_per_session";
    case Metric::cost_per_user: return "cost_per_user";
    case Metric::latency_p50: return "latency_p50";
    case Metric::latency_p90: return "latency_p90";
    case Metric::latency_p95: return "latency_p95";
    case Metric::latency_p99: return "latency_p99";
    case Metric::first_seen: return "first_seen";
  }
  return "";
}

constexpr std::optional<Metric> metric_named(std::string_view text) {
  for (int i = 0; i <= static_cast<int>(kLastMetric); ++i) {
    if (name(static_cast<Metric>(i)) == text) return static_cast<Metric>(i);
  }
  return std::nullopt;
}

// Decimal places of an amount of the metric: picodollars and ratios 12, microseconds 6, counts 0.
constexpr int decimal_places(Metric metric) {
  if (is_money(metric) || is_ratio(metric)) return 12;
  return is_latency(metric) ? 6 : 0;
}

}  // namespace tocsin
