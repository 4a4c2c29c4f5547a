// SPDX-License-Identifier: Apache-2.0
// What stands is told again.
#include <algorithm>

#include "notify/acknowledgement.h"
#include "notify/notifier.h"
#include "notify/outbox_keys.h"
#include "notify/standing_row.h"

namespace tocsin {

Result<void> Notifier::load_standing() {
  return parts_.store.scan(
      std::string(1, kStandingPrefix), std::string(1, static_cast<char>(kStandingPrefix + 1)),
      [&](std::string_view key, std::string_view value) {
        const auto parts = parse_channel_key(key);
        const auto row = decode_standing(value);
        Post* const post = parts ? find(std::string(parts->channel)) : nullptr;
        if (post == nullptr || !row || !config_.repeats.contains(row->alert.rule)) {
          marks_.erase(std::string(key));
        } else {
          post->reminding.told(row->alert, row->told);
        }
        return true;
      });
}

void Notifier::note_told(Post& post, const Notice& notice, WriteBatch& batch) {
  if (config_.repeats.empty()) return;
  for (const Alert& alert : notice.alerts) {
    if (alert.stale || !config_.repeats.contains(alert.rule)) continue;
    post.reminding.told(alert, notice.composed_at);
    batch.put(standing_key(post.channel->name(), alert.id),
              encode_standing({alert, notice.composed_at}));
  }
}

void Notifier::forget(Post& post, const std::string& alert_id, WriteBatch& batch) {
  post.reminding.ended(alert_id);
  batch.erase(standing_key(post.channel->name(), alert_id));
}

void Notifier::remind(Post& post, WriteBatch& batch) {
  if (!post.has_room()) return;
  for (const auto& [rule, groups] : post.reminding.take_due(config_.repeats, parts_.clock.wall())) {
    remind(post, groups, batch);
  }
}

// The alerts of one group that may be told again: none at or below one that somebody has seen.
std::vector<Alert> Notifier::to_remind_of(Post& post, const Reminding::Group& group,
                                          WriteBatch& batch) {
  std::vector<Alert> alerts;
  std::optional<int128> seen;
  for (const std::string& id : group) {
    const auto bytes = parts_.store.get(standing_key(post.channel->name(), id));
    if (!bytes) failure_ = bytes.error();
    auto row = bytes && *bytes ? decode_standing(**bytes) : reject("it is not there");
    if (!row) {
      forget(post, id, batch);
      continue;
    }
    if (acknowledgement_of(parts_.store, id)) {
      seen = std::max(seen.value_or(row->alert.amount), row->alert.amount);
    }
    alerts.push_back(std::move(row->alert));
  }
  std::erase_if(alerts, [&](const Alert& alert) {
    if (!seen || alert.amount > *seen) return false;
    forget(post, alert.id, batch);
    return true;
  });
  return alerts;
}

// Groups of one rule: those that stand and are not silenced, in one message.
void Notifier::remind(Post& post, const std::vector<Reminding::Group>& groups, WriteBatch& batch) {
  std::vector<Alert> alerts;
  for (const Reminding::Group& group : groups) {
    for (Alert& alert : to_remind_of(post, group, batch)) alerts.push_back(std::move(alert));
  }
  const WallTime now = parts_.clock.wall();
  const auto levels = levels_of(alerts);
  Notice notice;
  notice.kind = Notice::Kind::reminder;
  notice.composed_at = notice.from = notice.until = now;
  for (std::size_t i = 0; i < alerts.size(); ++i) {
    if (!levels[i]) {
      forget(post, alerts[i].id, batch);
    } else if (parts_.silences == nullptr || parts_.silences->covering(*levels[i], now).empty()) {
      notice.alerts.push_back(*levels[i]);
    }
  }
  if (notice.alerts.empty()) return;
  notice.id = id_for(notice);
  enqueue({&post, "", std::move(notice)}, {}, batch);
}

}  // namespace tocsin
