// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "tocsin/money.h"
#include "tocsin/time.h"

namespace tocsin {

// The units of usage with a place of their own. Counts are disjoint, but for reasoning, which is
// a part of output. Units beyond these ride in Usage::others.
enum class Unit : std::uint8_t {
  input,
  cache_read,
  cache_write,
  cache_write_1h,
  output,
  reasoning,
  input_audio,
  output_audio,
  web_search,
};
inline constexpr std::size_t kUnits = 9;
inline constexpr std::array<std::string_view, kUnits> kUnitNames = {
    "input",     "cache_read",  "cache_write",  "cache_write_1h", "output",
    "reasoning", "input_audio", "output_audio", "web_search"};

// The largest count of one unit in one request; more is quarantined as absurd.
inline constexpr std::int64_t kCountMax = 1'000'000'000'000;
// The largest reported cost of one request, in dollars; more is quarantined as absurd.
inline constexpr std::int64_t kReportedCostMaxUsd = 1'000'000'000;

struct Usage {
  std::array<std::int64_t, kUnits> counts{};
  std::vector<std::pair<std::string_view, std::int64_t>> others;  // by unit name, each > 0

  std::int64_t operator[](Unit unit) const { return counts[static_cast<std::size_t>(unit)]; }
  std::int64_t& operator[](Unit unit) { return counts[static_cast<std::size_t>(unit)]; }

  // rules.md, `metric`: input + cache_read + cache_write + cache_write_1h + input_audio.
  std::int64_t input_tokens() const {
    return (*this)[Unit::input] + (*this)[Unit::cache_read] + (*this)[Unit::cache_write] +
           (*this)[Unit::cache_write_1h] + (*this)[Unit::input_audio];
  }
  std::int64_t output_tokens() const { return (*this)[Unit::output] + (*this)[Unit::output_audio]; }
};

struct Property {
  std::string_view name;  // as the producer wrote it; compared without regard to case
  std::string_view value;
};

// One LLM request. The text views point into the record or the decoder's arena and live until the
// decoder takes its next batch. An absent text is empty. Reused from event to event: no allocation
// once warm.
struct Event {
  std::string_view id;
  std::string_view producer;  // names the id space where the format names it; else empty
  std::string_view provider, model, operation, service_tier;
  std::string_view user, service, team, key, environment, agent;
  std::string_view session, session_name, session_path;
  std::string_view input_hash;
  std::optional<EventTime> time;  // absent: the record's
  std::optional<std::int32_t> status;
  std::optional<std::int64_t> latency_ms;
  std::optional<Money> reported_cost;
  bool cached = false;
  bool byok = false;
  bool has_usage = false;
  Usage usage;
  std::vector<Property> properties;
  std::vector<std::string_view> tags;

  bool is_error() const { return status && *status >= 400; }

  void clear() {
    Usage kept_usage;
    kept_usage.others.swap(usage.others);
    kept_usage.others.clear();
    auto kept_properties = std::move(properties);
    auto kept_tags = std::move(tags);
    kept_properties.clear();
    kept_tags.clear();
    *this = Event{};
    usage = std::move(kept_usage);
    properties = std::move(kept_properties);
    tags = std::move(kept_tags);
  }
};

}  // namespace tocsin
