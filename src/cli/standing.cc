// SPDX-License-Identifier: Apache-2.0
#include "cli/standing.h"

#include <algorithm>
#include <map>

#include "state/view.h"

namespace tocsin {
namespace {

using Standing = std::vector<std::optional<Alert>>;

bool has_reached(const CellView& cell, const Alert& alert) {
  const auto& ladder = cell.rule->ladder;
  return std::any_of(cell.reached.begin(), cell.reached.end(),
                     [&](std::size_t rung) { return ladder[rung].text == alert.rung; });
}

using Group = std::vector<std::pair<std::string, std::string>>;
using Asked = std::multimap<std::pair<Group, EventTime>, std::size_t>;  // by group and window

// Rolling rules have one cell a group.
std::pair<Group, EventTime> place_of(const Group& group, WindowKind kind, const Window& window) {
  return {group, kind == WindowKind::rolling ? EventTime{} : window.start};
}

Alert as_it_stands(const CellView& cell, Alert alert, EventTime now) {
  alert.value = cell.total;
  alert.requests = cell.requests;
  alert.budget = cell.budget;
  if (is_ratio(alert.metric)) alert.numerator = static_cast<std::int64_t>(cell.amount);
  alert.window = cell.window;
  alert.at = std::max(alert.at, std::min(now, cell.window.end - Millis{1}));
  alert.crossed.clear();
  return alert;
}

}  // namespace

Result<std::vector<std::optional<Alert>>> standing_levels(const Store& store,
                                                          const std::vector<Rule>& rules,
                                                          const std::vector<Alert>& alerts,
                                                          EventTime now) {
  Standing standing(alerts.size());
  std::map<std::string, Asked> by_rule;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    const Alert& alert = alerts[i];
    if (alert.window_kind != WindowKind::rolling && alert.window.end <= now) continue;
    by_rule[alert.rule].emplace(place_of(alert.group, alert.window_kind, alert.window), i);
  }
  const auto snapshot = store.snapshot();
  for (auto& [name, asked] : by_rule) {
    const auto rule =
        std::find_if(rules.begin(), rules.end(), [&](const Rule& one) { return one.name == name; });
    if (rule == rules.end()) continue;
    const auto read = StateView(*snapshot, rules).cells_of(*rule, [&](const CellView& cell) {
      if (rule->rolling() && cell.window.end + rule->window.length <= now) return true;
      const auto place = place_of(cell.group, rule->window.kind, cell.window);
      const auto [first, last] = asked.equal_range(place);
      for (auto at = first; at != last; ++at) {
        const Alert& alert = alerts[at->second];
        if (has_reached(cell, alert)) standing[at->second] = as_it_stands(cell, alert, now);
      }
      asked.erase(first, last);
      return !asked.empty();
    });
    if (!read) return tl::unexpected(read.error());
  }
  return standing;
}

}  // namespace tocsin
