// SPDX-License-Identifier: Apache-2.0
#include "alert/ladder.h"

#include <algorithm>

namespace tocsin {

Result<unsigned> RungBits::bit(const std::string& text) {
  const auto known = std::find(texts_.begin(), texts_.end(), text);
  if (known != texts_.end()) return static_cast<unsigned>(known - texts_.begin());
  if (texts_.size() >= 64) {
    return reject("this rule has had 64 different rungs in its life, \"" + text +
                  "\" would be one more: give the rule a new name");
  }
  texts_.push_back(text);
  return static_cast<unsigned>(texts_.size() - 1);
}

Ladder ladder_for(const Rule& rule, std::optional<int128> budget,
                  const std::vector<unsigned>& bits) {
  Ladder ladder;
  if (rule.is_budget() && !budget) return ladder;
  for (std::uint32_t i = 0; i < rule.ladder.size(); ++i) {
    const Rung& rung = rule.ladder[i];
    const int128 amount = rung_amount(rung, budget);
    ladder.steps.push_back({amount, std::max<int128>(amount, 1), rung.kind, i, bits[i]});
  }
  std::stable_sort(ladder.steps.begin(), ladder.steps.end(), [](const auto& a, const auto& b) {
    return a.kind == Rung::Kind::below && b.kind == Rung::Kind::below ? a.amount > b.amount
                                                                      : a.amount < b.amount;
  });
  return ladder;
}

}  // namespace tocsin
