// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "price/price_list.h"

namespace tocsin {

inline constexpr EventTime kNow = event_time_ms(1795168800000);  // 2026-11-20T10:00:00Z

using Counts = std::vector<std::pair<Unit, std::int64_t>>;

inline Event usage_of(std::string_view provider, std::string_view model, const Counts& counts) {
  Event event;
  event.provider = provider;
  event.model = model;
  event.has_usage = true;
  for (const auto& [unit, count] : counts) event.usage[unit] = count;
  return event;
}

inline Cost cost_of(const PriceList& list, const Event& event, EventTime at = kNow,
                    CostChoice choice = CostChoice::computed) {
  Cost cost;
  list.price(event, at, choice, cost);
  return cost;
}

inline std::string dollars(const PriceList& list, const Event& event, EventTime at = kNow) {
  return cost_of(list, event, at).amount.text();
}

// A price file that is gone when the test is over.
class PriceFile {
 public:
  explicit PriceFile(std::string_view text) {
    static int made = 0;
    path_ = "price_test_" + std::to_string(++made) + ".yaml";
    std::ofstream(path_) << text;
  }
  ~PriceFile() { std::remove(path_.c_str()); }
  PriceFile(const PriceFile&) = delete;
  PriceFile& operator=(const PriceFile&) = delete;

  const std::string& path() const { return path_; }
  Result<PriceList> load() const { return PriceList::with_files({path_}); }

 private:
  std::string path_;
};

}  // namespace tocsin
