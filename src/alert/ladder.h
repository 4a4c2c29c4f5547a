// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rule/rule.h"
#include "tocsin/decimal.h"
#include "tocsin/result.h"

namespace tocsin {

// The bit that stands for each rung text a state has ever had. Bits are never reused, so the marks
// of old cells keep their meaning when a ladder is edited; they are stored with the state.
class RungBits {
 public:
  RungBits() = default;
  explicit RungBits(std::vector<std::string> texts) : texts_(std::move(texts)) {}

  // The bit of `text`, new if need be. reject: all 64 are taken.
  Result<unsigned> bit(const std::string& text);
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
};

// A rule's rungs as amounts for one budget, lowest first.
struct Ladder {
  struct Step {
    int128 amount = 0;      // of the rung, as told
    int128 reached_at = 0;  // the least value that reaches it; for budgets at least 1, for $0 is
                            // over with the first spend, not before it
    Rung::Kind kind = Rung::Kind::share;
    std::uint32_t rung = 0;  // index in Rule::ladder
    unsigned bit = 0;        // RungBits
  };
  std::vector<Step> steps;
};

// `bits` holds the bit of each of rule.ladder. For a group without a budget the ladder is empty.
Ladder ladder_for(const Rule& rule, std::optional<int128> budget,
                  const std::vector<unsigned>& bits);

}  // namespace tocsin
