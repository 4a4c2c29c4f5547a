// SPDX-License-Identifier: Apache-2.0
#include "truth.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace tocsin::bench {
namespace {

// As in rules of tests/bench/budgets.py, which the engine judges by.
struct Budget {
  const char* name;
  std::int64_t dollars;
};
constexpr std::array<Budget, Truth::kRules> kBudgets = {{{"total-day", 8000},
                                                         {"environment-day", 3000},
                                                         {"feature-hour", 60},
                                                         {"user-day", 20},
                                                         {"user-feature-hour", 2},
                                                         {"region-day", 2000},
                                                         {"tier-hour", 120},
                                                         {"user-hour", 10}}};

}  // namespace

void Truth::add(const Drawn& e) {
  const auto day = static_cast<std::uint64_t>((e.time - kStart) / kDay);
  const auto hour = static_cast<std::uint64_t>((e.time - kStart) / kHour);
  const std::uint64_t environment = e.environment < 5 ? 0 : e.environment < 7 ? 1 : 2;
  const std::int64_t cost = e.cost();
  cells_[0][day] += cost;
  cells_[1][day << 2 | environment] += cost;
  cells_[2][hour << 3 | e.feature] += cost;
  cells_[3][day << 32 | e.user] += cost;
  cells_[4][hour << 35 | e.user << 3 | e.feature] += cost;
  cells_[5][day << 3 | e.region] += cost;
  cells_[6][hour << 2 | e.tier] += cost;
  cells_[7][hour << 32 | e.user] += cost;
  ++events_;
}

std::string Truth::json(std::uint64_t bytes) const {
  std::string days, rules;
  for (const auto& [day, total] : std::map(cells_[0].begin(), cells_[0].end())) {
    days += fmt::format("{}\"{}\"", days.empty() ? "" : ",", total);
  }
  for (std::size_t i = 0; i < kBudgets.size(); ++i) {
    std::size_t rungs = 0;
    for (const auto& [key, total] : cells_[i]) {
      for (const std::int64_t percent : {50, 80, 100}) {
        if (total >= kBudgets[i].dollars * kDollar / 100 * percent) ++rungs;
      }
    }
    rules += fmt::format("{}\"{}\":{{\"cells\":{},\"rungs\":{}}}", i == 0 ? "" : ",",
                         kBudgets[i].name, cells_[i].size(), rungs);
  }
  return fmt::format("{{\"events\":{},\"bytes\":{},\"days_picodollars\":[{}],\"rules\":{{{}}}}}\n",
                     events_, bytes, days, rules);
}

}  // namespace tocsin::bench
