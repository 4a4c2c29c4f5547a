// SPDX-License-Identifier: Apache-2.0
// Channels that are told nothing for a while: their hours, and their messages of an hour.
#include <algorithm>
#include <set>

#include "notify/notifier.h"
#include "notify/outbox_keys.h"

namespace tocsin {
namespace {

constexpr Millis kCapHour{3'600'000};
constexpr Millis kCapMinute{60'000};

}  // namespace

std::optional<WallTime> Notifier::closed_until(const Post& post) const {
  const WallTime now = parts_.clock.wall();
  const Manners& manners = post.manners;
  // Hours begin with a minute.
  if (manners.hours && !manners.hours->open(now)) {
    return std::chrono::floor<std::chrono::minutes>(now) + kCapMinute;
  }
  const bool same_hour = post.hour <= now && now - post.hour < kCapHour;
  const bool full = manners.max_per_hour > 0 && post.in_hour >= manners.max_per_hour;
  return same_hour && full ? std::optional(post.hour + kCapHour) : std::nullopt;
}

bool Notifier::closed(Post& post) {
  if (!closed_until(post)) return false;
  if (post.gathering.waiting() == 0) return true;
  const bool by_hours = post.manners.hours && !post.manners.hours->open(parts_.clock.wall());
  if (by_hours && post.manners.drops) {
    drop_waiting(post);
  } else {
    post.behind = by_hours ? Notice::Kind::held : Notice::Kind::capped;
  }
  return true;
}

// They stay recorded; the mark says why nobody was told.
void Notifier::drop_waiting(Post& post) {
  const std::string& name = post.channel->name();
  const Composition all = post.gathering.take_all();
  for (const auto& [seq, alert] : alerts_of(post, all.seqs)) {
    Delivery delivery;
    delivery.id = alert.id;
    delivery.to = {name, ""};
    delivery.when = parts_.clock.wall();
    delivery.alert_ids = {alert.id};
    delivery.reason = kOutsideHours;
    marks_.erase(outbox_key(name, seq));
    marks_.put(delivery_key(delivery.when, alert.id, delivery.to), encode_delivery(delivery));
  }
  for (const Resolution& ended : all.resolved) {
    marks_.erase(resolution_key(name, ended.alert.id, ended.until));
  }
}

void Notifier::count(Post& post) {
  const WallTime now = parts_.clock.wall();
  if (post.in_hour == 0 || now < post.hour || now - post.hour >= kCapHour) {
    post.hour = now;
    post.in_hour = 0;
  }
  ++post.in_hour;
}

// What the last process told within the hour.
Result<void> Notifier::count_hour() {
  const WallTime now = parts_.clock.wall();
  std::map<std::string, std::map<std::string, WallTime>> told;  // by channel, message
  const std::string from = delivery_key(now - kCapHour, "", {});
  const std::string until(1, static_cast<char>(kDeliveryPrefix + 1));
  const auto read = parts_.store.scan(from, until, [&](auto, auto value) {
    const auto delivery = decode_delivery(value);
    if (delivery && delivery->delivered && !delivery->alert_ids.empty()) {
      told[delivery->to.channel].emplace(delivery->id, delivery->when);
    }
    return true;
  });
  if (!read) return read;
  for (const auto& post : posts_) {
    for (const auto& [id, when] : told[post->channel->name()]) {
      if (post->in_hour++ == 0 || when < post->hour) post->hour = when;
    }
  }
  return {};
}

// All that waits, of whatever rules, in as few messages as hold it.
void Notifier::compose_behind(Post& post, WriteBatch& batch) {
  const Notice::Kind kind = *std::exchange(post.behind, std::nullopt);
  const WallTime from = post.gathering.oldest().value_or(parts_.clock.wall());
  Composition all = post.gathering.take_all();
  do {
    const std::size_t most = std::min(all.seqs.size(), config_.gathering.digest_alerts_max);
    const auto cut = all.seqs.begin() + static_cast<std::ptrdiff_t>(most);
    Composition part;
    part.kind = kind;
    part.from = from;
    part.until = parts_.clock.wall();
    part.seqs.assign(all.seqs.begin(), cut);
    part.resolved = std::exchange(all.resolved, {});
    all.seqs.erase(all.seqs.begin(), cut);
    std::vector<std::uint64_t> seqs;
    auto notice = compose(post, std::move(part), seqs);
    if (notice) enqueue({&post, "", std::move(*notice)}, seqs, batch);
  } while (!all.seqs.empty() && !failure_);
}

}  // namespace tocsin
