// SPDX-License-Identifier: Apache-2.0
#include "document/nearest_word.h"

#include <algorithm>
#include <vector>

#include "tocsin/ascii.h"

namespace tocsin {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, 100);
  b = b.substr(0, 100);
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = to_lower(a[i - 1]) == to_lower(b[j - 1]);
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && to_lower(a[i - 1]) == to_lower(b[j - 2]) &&
                           to_lower(a[i - 2]) == to_lower(b[j - 1]);
      if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

std::optional<std::string_view> nearest(std::string_view text,
                                        std::span<const std::string_view> words) {
  std::optional<std::string_view> best;
  std::size_t least = 0;
  for (const auto word : words) {
    const std::size_t distance = edit_distance(text, word);
    // "warn" for "warning": the start of one word counts as near.
    const bool start = text.size() >= 3 && word.starts_with(text);
    const std::size_t near = std::max<std::size_t>(1, std::max(word.size(), text.size()) / 3);
    if (!start && distance > near) continue;
    if (best && distance >= least) continue;
    best = word;
    least = distance;
  }
  return best;
}

std::string hint_for(std::string_view text, std::span<const std::string_view> words) {
  std::string hint;
  if (const auto word = nearest(text, words)) {
    hint = "did you mean \"" + std::string(*word) + "\"? ";
  }
  hint += "Allowed: ";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) hint += ", ";
    hint += words[i];
  }
  return hint;
}

}  // namespace tocsin
