// SPDX-License-Identifier: Apache-2.0
#include "notify/reminding.h"

#include <algorithm>

#include "notify/gathering.h"

namespace tocsin {

void Reminding::told(const Alert& alert, WallTime when) {
  std::string place = alert.rule + '\n' + group_identity(alert);
  Standing& standing = standing_[place];
  standing.rule = alert.rule;
  standing.told = std::max(standing.told, when);
  const auto known = std::find(standing.alerts.begin(), standing.alerts.end(), alert.id);
  if (known == standing.alerts.end()) standing.alerts.push_back(alert.id);
  place_of_[alert.id] = std::move(place);
}

bool Reminding::ended(const std::string& alert_id) {
  const auto place = place_of_.find(alert_id);
  if (place == place_of_.end()) return false;
  const auto standing = standing_.find(place->second);
  std::erase(standing->second.alerts, alert_id);
  if (standing->second.alerts.empty()) standing_.erase(standing);
  place_of_.erase(place);
  return true;
}

std::map<std::string, std::vector<Reminding::Group>> Reminding::take_due(const Repeats& repeats,
                                                                         WallTime now) {
  std::map<std::string, std::vector<Group>> due;
  for (auto& [place, standing] : standing_) {
    const auto every = repeats.find(standing.rule);
    if (every == repeats.end() || now - standing.told < every->second) continue;
    due[standing.rule].push_back(standing.alerts);
    standing.told = now;
  }
  return due;
}

std::optional<WallTime> Reminding::next_due(const Repeats& repeats) const {
  std::optional<WallTime> next;
  for (const auto& [place, standing] : standing_) {
    const auto every = repeats.find(standing.rule);
    if (every == repeats.end()) continue;
    const WallTime due = standing.told + every->second;
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

std::vector<std::string> Reminding::take_all() {
  std::vector<std::string> all;
  for (const auto& [alert, place] : place_of_) all.push_back(alert);
  standing_.clear();
  place_of_.clear();
  return all;
}

}  // namespace tocsin
