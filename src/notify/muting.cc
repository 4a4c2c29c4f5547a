// SPDX-License-Identifier: Apache-2.0
#include "notify/muting.h"

#include <algorithm>

namespace tocsin {

void Muting::hold(std::uint64_t seq, const Alert& alert) {
  by_silence_[alert.silence].push_back(seq);
  by_alert_[alert.id] = seq;
  alert_of_[seq] = alert.id;
}

std::optional<std::uint64_t> Muting::ended(const std::string& alert_id) {
  const auto found = by_alert_.find(alert_id);
  if (found == by_alert_.end()) return std::nullopt;
  const std::uint64_t seq = found->second;
  alert_of_.erase(seq);
  by_alert_.erase(found);
  return seq;
}

std::vector<std::uint64_t> Muting::release(const SilenceBook& silences, WallTime now) {
  std::vector<std::uint64_t> released;
  for (auto held = by_silence_.begin(); held != by_silence_.end();) {
    const auto silence = silences.find(held->first);
    if (silence && now < silence->until) {
      ++held;
      continue;
    }
    for (const std::uint64_t seq : held->second) {
      const auto alert = alert_of_.find(seq);
      if (alert == alert_of_.end()) continue;  // it ended meanwhile
      by_alert_.erase(alert->second);
      alert_of_.erase(alert);
      released.push_back(seq);
    }
    held = by_silence_.erase(held);
  }
  return released;
}

std::vector<std::uint64_t> Muting::take_all() {
  std::vector<std::uint64_t> all;
  for (const auto& [seq, alert] : alert_of_) all.push_back(seq);
  std::sort(all.begin(), all.end());
  by_silence_.clear();
  by_alert_.clear();
  alert_of_.clear();
  return all;
}

std::optional<WallTime> Muting::next_due(const SilenceBook& silences) const {
  std::optional<WallTime> next;
  for (const auto& [id, seqs] : by_silence_) {
    const auto silence = silences.find(id);
    const WallTime until = silence ? silence->until : WallTime{};
    next = next ? std::min(*next, until) : until;
  }
  return next;
}

}  // namespace tocsin
