// SPDX-License-Identifier: Apache-2.0
// What is told later than it rang.
#include <algorithm>

#include "alert/alert_codec.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"

namespace tocsin {

// Those of them that the outbox has.
std::vector<std::pair<std::uint64_t, Alert>> Notifier::alerts_of(
    const Post& post, const std::vector<std::uint64_t>& seqs) {
  std::vector<std::pair<std::uint64_t, Alert>> alerts;
  alerts.reserve(seqs.size());  // in a storm there are many, and each is large
  for (const std::uint64_t seq : seqs) {
    const auto row = parts_.store.get(outbox_key(post.channel->name(), seq));
    if (!row) failure_ = row.error();
    if (!row || !*row) continue;
    auto alert = decode_alert(**row);
    if (alert) alerts.emplace_back(seq, std::move(*alert));
  }
  if (alerts.size() < seqs.size()) {
    parts_.log.error(std::to_string(seqs.size() - alerts.size()) +
                     " alerts are missing in the outbox of channel " + post.channel->name());
  }
  return alerts;
}

// Where nobody can say, a level stands as it rang until its window ends.
std::vector<std::optional<Alert>> Notifier::levels_of(const std::vector<Alert>& alerts) const {
  if (config_.levels) {
    auto levels = config_.levels(alerts);
    if (levels && levels->size() == alerts.size()) return std::move(*levels);
    if (!levels) parts_.log.warn("How alerts stand now cannot be read: " + levels.error().message);
  }
  const EventTime now = as_event_time(parts_.clock.wall());
  std::vector<std::optional<Alert>> levels;
  for (const Alert& alert : alerts) {
    const bool over = alert.window_kind != WindowKind::rolling && alert.window.end <= now;
    levels.push_back(over ? std::nullopt : std::optional(alert));
  }
  return levels;
}

void Notifier::unmute() {
  if (parts_.silences == nullptr) return;
  for (const auto& post : posts_) {
    const auto released = post->muting.release(*parts_.silences, parts_.clock.wall());
    if (!released.empty()) unmute(*post, released);
  }
}

// By one digest a rule, of those that stand when it is composed. What is under another silence
// waits on.
void Notifier::unmute(Post& post, const std::vector<std::uint64_t>& seqs) {
  const WallTime now = parts_.clock.wall();
  const auto held = alerts_of(post, seqs);
  std::vector<Gathering::Item> over;
  for (const auto& [seq, alert] : held) {
    Alert next = alert;
    next.silence = parts_.silences->covering(alert, now);
    if (next.silence.empty()) {
      over.push_back({seq, &alert});
      continue;
    }
    marks_.put(outbox_key(post.channel->name(), seq), encode_alert(next));
    post.muting.hold(seq, next);
  }
  post.gathering.unmute(over, now);
}

// Those of `alerts` that stand, as they stand now.
std::vector<Alert> Notifier::standing(const std::vector<Alert>& alerts) const {
  std::vector<Alert> standing;
  for (auto& level : levels_of(alerts)) {
    if (level) standing.push_back(std::move(*level));
  }
  return standing;
}

}  // namespace tocsin
