// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/decoder.h"
#include "sim/random.h"
#include "tocsin/decimal.h"
#include "tocsin/metric.h"

namespace tocsin::sim {

// What a token costs in 10^-15 dollars.
struct Rates {
  std::int64_t input, cache_read, output;  // input 0: the model is not in the list; output 0: it is
};
inline constexpr const char* kModels[] = {"plain", "odd", "unknown"};
// Price lists by model: the first one; the model that had no price gets one; prices that change; a
// model that loses its price, and one that has none for output.
inline constexpr Rates kPriceLists[][std::size(kModels)] = {
    {{2'500'000'000, 1'250'000'000, 10'000'000'000}, {123'456'789, 77'777'777, 987'654'321}, {}},
    {{2'500'000'000, 1'250'000'000, 10'000'000'000},
     {123'456'789, 77'777'777, 987'654'321},
     {4'000'000'000, 400'000'000, 16'000'000'000}},
    {{1'250'000'000, 125'000'000, 5'000'000'001},
     {2'123'456'788, 77'777'778, 7'987'654'323},
     {333'333'333, 33'333'333, 1'000'000'001}},
    {{2'500'000'000, 1'250'000'000, 10'000'000'000}, {}, {4'000'000'000, 400'000'000, 0}},
};
// One of them as a file of prices.
std::string price_file(std::size_t list);

// One request as it was drawn: what is true of it.
struct EventSpec {
  std::string id;                  // empty: none
  std::optional<std::int64_t> ms;  // its own stamp
  std::string user, environment, feature;
  std::size_t model = 0;  // of kModels
  std::int64_t status = 200, input = 0, cache_read = 0, output = 0;
  bool cached = false, has_usage = true;
  std::optional<QuarantineReason> bad;  // it cannot be read, and why

  // What it must cost by a price list, in 10^-12 dollars, and count for a metric.
  int128 cost(std::size_t list) const;
  int128 worth(std::size_t list) const;   // the same, though it were cached
  bool unpriced(std::size_t list) const;  // in whole or part
  int128 amount(Metric metric, std::size_t list) const;
  std::string group(const std::vector<std::string>& fields) const;
};

struct RecordSpec {
  std::int64_t arrival = 0;  // when it is appended, in ms
  std::size_t partition = 0;
  std::int64_t stamp = 0;
  bool log_append = false;
  std::vector<EventSpec> events;
  std::string value;  // of the record, as the engine reads it
};

struct TrafficPlan {
  std::size_t records = 0, partitions = 1;
  std::int64_t from_ms = 0, span_ms = 0, gap_ms = 0;  // gap: between records, on average
  std::int64_t users = 8, out_of_order_ms = 60'000;
  bool log_append = false;
  double bursts = 0, quiet = 0;  // how uneven time and partitions are
  double late = 0, disorder = 0, too_old = 0, future = 0, far_future = 0, lying_stamp = 0;
  double no_time = 0, no_id = 0, duplicate = 0, twin = 0, garbage = 0, array = 0;
  double error = 0, unpriced = 0, cached = 0, unmetered = 0;
  double edge = 0;  // stamps moved to where a pane, an hour or what is admitted ends
  std::uint64_t edge_seed = 0;
};

// By rising arrival.
std::vector<RecordSpec> draw_traffic(Random& random, const TrafficPlan& plan);

}  // namespace tocsin::sim
