// SPDX-License-Identifier: Apache-2.0
#include "notify/notifier.h"

#include <algorithm>

namespace tocsin {
namespace {

Delivery delivery_of(const Channel& channel, const Lane::Entry& entry, WallTime now) {
  Delivery delivery;
  delivery.id = entry.notice.id;
  delivery.channel = channel.name();
  delivery.when = now;
  delivery.attempts = entry.attempts;
  delivery.alert_ids = alert_ids(entry.notice);
  return delivery;
}

}  // namespace

void Notifier::send() {
  const SteadyTime now = parts_.clock.monotonic();
  for (const auto& post : posts_) {
    while (Lane::Entry* entry = post->lane.start(now)) send(*post, *entry);
  }
}

void Notifier::send(Post& post, Lane::Entry& entry) {
  HttpRequest request =
      post.channel->request(entry.notice, render(entry.notice), entry.form, parts_.clock.wall());
  parts_.transport.post(std::move(request), [this, &post, &entry](const HttpResponse& response) {
    answers_.push_back({&post, &entry, response});
  });
}

Millis Notifier::time_to_wait(Millis most) const {
  {
    const std::lock_guard lock(mutex_);
    if (!inputs_.empty()) return Millis{0};
  }
  const SteadyTime now = parts_.clock.monotonic();
  Millis wait = most;
  const auto due = [&](std::optional<SteadyTime> t) {
    if (!t) return;
    const auto left = *t <= now ? Millis{0} : std::chrono::ceil<Millis>(*t - now);
    wait = std::min(wait, left);
  };
  for (const auto& post : posts_) {
    due(post->lane.next_due(now));
    if (post->lane.has_room()) due(post->gathering.next_due());
  }
  return wait;
}

Result<void> Notifier::settle() {
  std::vector<Answer> answers;
  answers.swap(answers_);
  for (const Answer& answer : answers) settle(answer);
  if (marks_.empty()) return {};
  const WriteBatch marks = std::exchange(marks_, {});
  return parts_.store.write(marks, Sync::no);
}

void Notifier::settle(const Answer& answer) {
  Post& post = *answer.post;
  Lane::Entry& entry = *answer.entry;
  const bool was_broken = post.lane.broken();
  const Outcome outcome = post.channel->classify(answer.response);
  const Lane::Fate fate = post.lane.finish(entry, outcome, parts_.clock.monotonic());
  if (!outcome.reason.empty()) post.status.last_error = outcome.reason;
  if (was_broken && !post.lane.broken()) {
    parts_.log.info("Channel " + post.channel->name() + " takes messages again");
  }
  switch (fate) {
    case Lane::Fate::kept:
      ++post.status.retried;
      parts_.log.warn("Channel " + post.channel->name() + " " + outcome.reason +
                      "; the message stays in the outbox and is tried again");
      return;
    case Lane::Fate::delivered: delivered(post, entry); return;
    case Lane::Fate::parked: parked(post, entry, outcome.reason); return;
  }
}

void Notifier::delivered(Post& post, const Lane::Entry& entry) {
  Delivery delivery = delivery_of(*post.channel, entry, parts_.clock.wall());
  delivery.delivered = true;
  put_delivered(marks_, entry.notice, delivery);
  ++post.status.delivered;
  post.lane.remove(entry);
}

void Notifier::parked(Post& post, const Lane::Entry& entry, const std::string& reason) {
  const std::string& name = post.channel->name();
  Delivery delivery = delivery_of(*post.channel, entry, parts_.clock.wall());
  delivery.reason = reason;
  put_parked(marks_, entry.notice, delivery);
  ++post.status.parked;
  post.status.last_error = reason;
  parts_.log.error("Channel " + name + " " + reason + "; message " + entry.notice.id +
                   " is parked");
  EngineMessage message;
  message.kind = post.lane.broken() ? "channel_broken" : "parked";
  message.subject = name;
  message.text = post.lane.broken()
                     ? "Tocsin cannot tell channel " + name + " anything: it " + reason
                     : "Tocsin could not deliver a message to channel " + name + ": it " + reason;
  message.details.push_back("Not delivered: " + render(entry.notice).first_line);
  message.details.push_back(
      post.lane.broken()
          ? "The message is parked, nothing is lost. Other channels are not affected. Repair the "
            "channel's address or its permission; the next message tries it again, every 5 minutes "
            "at most."
          : "The message is parked, nothing is lost. Later messages are sent as before.");
  tell_engine(std::move(message), name);
  post.lane.remove(entry);
}

void Notifier::expire() {
  const WallTime now = parts_.clock.wall();
  for (const auto& post : posts_) {
    while (const Lane::Entry* entry = post->lane.expired(now)) {
      std::string reason = "did not take the message within " +
                           std::to_string(config_.retry.expire_after / std::chrono::hours{1}) +
                           " h";
      if (!post->status.last_error.empty()) reason += " (last: " + post->status.last_error + ")";
      parked(*post, *entry, reason);
    }
  }
}

Result<void> Notifier::drain() {
  take_inputs();
  WriteBatch rows;
  for (auto& [post, notice] : composed_) {
    put_composed(rows, post->channel->name(), notice, {});
  }
  composed_.clear();
  if (!rows.empty()) {
    if (auto written = parts_.store.write(rows, Sync::yes); !written) return written;
  }
  const SteadyTime end = parts_.clock.monotonic() + config_.drain;
  const auto under_way = [this] {
    return std::any_of(posts_.begin(), posts_.end(),
                       [](const auto& post) { return post->lane.in_flight() > 0; });
  };
  while (under_way() && parts_.clock.monotonic() < end) {
    parts_.transport.poll(std::chrono::ceil<Millis>(end - parts_.clock.monotonic()));
    if (auto settled = settle(); !settled) return settled;
  }
  update_status();
  return {};
}

void Notifier::update_status() {
  std::vector<ChannelStatus> all;
  const WallTime wall = parts_.clock.wall();
  for (const auto& post : posts_) {
    ChannelStatus status = post->status;
    status.queued = post->gathering.waiting() + post->lane.size();
    status.broken = post->lane.broken();
    status.paused = post->lane.paused(parts_.clock.monotonic());
    for (const auto oldest : {post->gathering.oldest(), post->lane.oldest()}) {
      if (oldest) status.oldest = std::max(status.oldest, wall - *oldest);
    }
    all.push_back(std::move(status));
  }
  const std::lock_guard lock(mutex_);
  status_ = std::move(all);
}

}  // namespace tocsin
