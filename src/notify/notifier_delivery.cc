// SPDX-License-Identifier: Apache-2.0
#include "notify/notifier.h"

#include <algorithm>

#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

Delivery delivery_of(const Address& to, const Lane::Entry& entry, WallTime now) {
  Delivery delivery;
  delivery.id = entry.notice->id;
  delivery.to = to;
  delivery.when = now;
  delivery.attempts = entry.attempts;
  delivery.alert_ids = alert_ids(*entry.notice);
  delivery.first_line =
      entry.first_line.empty() ? render(*entry.notice).first_line : entry.first_line;
  return delivery;
}

}  // namespace

void Notifier::send() {
  const SteadyTime now = parts_.clock.monotonic();
  for (const auto& post : posts_) {
    for (Destination& to : post->destinations) {
      while (Lane::Entry* entry = to.lane.start(now)) send(*post, to, *entry);
    }
  }
}

void Notifier::send(Post& post, Destination& destination, Lane::Entry& entry) {
  const Message message = render(*entry.notice);
  entry.parts = post.channel->parts(*entry.notice);
  entry.first_line = message.first_line;
  const std::string memory = memory_of(post, *entry.notice);
  entry.had_memory = !memory.empty();
  if (entry.part == 0) entry.known = entry.had_memory;
  Request request = post.channel->request({.notice = *entry.notice,
                                           .message = message,
                                           .form = entry.form,
                                           .now = parts_.clock.wall(),
                                           .destination = destination.address.destination,
                                           .part = entry.part,
                                           .memory = memory,
                                           .known = entry.known});
  const CrashSpan span(CrashStep::send);
  parts_.transport.send(std::move(request),
                        [this, &post, &destination, &entry](const Response& response) {
                          answers_.push_back({&post, &destination, &entry, response});
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
    due(next_repeat(*post));
    for (const Destination& to : post->destinations) due(to.lane.next_due(now));
    const auto due_by_clock = [&](std::optional<WallTime> t) {
      if (t) wait = std::min(wait, std::max(*t - parts_.clock.wall(), Millis{0}));
    };
    if (const auto until = closed_until(*post)) {
      due_by_clock(until);
    } else if (post->has_room()) {
      due(post->behind ? now : post->gathering.next_due());
      due_by_clock(post->reminding.next_due(config_.repeats));
    }
    if (parts_.silences != nullptr) due_by_clock(post->muting.next_due(*parts_.silences));
  }
  return wait;
}

Result<void> Notifier::settle() {
  std::vector<Answer> answers;
  answers.swap(answers_);
  for (const Answer& answer : answers) {
    const CrashSpan span(CrashStep::answer);
    settle(answer);
  }
  see_off();
  if (marks_.empty()) return {};
  const WriteBatch marks = std::exchange(marks_, {});
  const CrashSpan span(CrashStep::mark);
  return parts_.store.write(marks, Sync::no);
}

void Notifier::settle(const Answer& answer) {
  Destination& to = *answer.destination;
  Lane::Entry& entry = *answer.entry;
  const bool was_broken = to.lane.broken();
  Outcome outcome = answer.post->channel->classify(answer.response);
  remember(*answer.post, *entry.notice, outcome.memory);
  if (outcome.memory && outcome.memory->empty() && entry.had_memory) {
    outcome.verdict = Outcome::Verdict::retry;
  }
  const Lane::Fate fate = to.lane.finish(entry, outcome, parts_.clock.monotonic());
  if (!outcome.reason.empty()) to.status.last_error = entry.last_error = outcome.reason;
  if (was_broken && !to.lane.broken()) {
    parts_.log.info("Channel " + to.label + " takes messages again");
  }
  switch (fate) {
    case Lane::Fate::kept:
      ++to.status.retried;
      parts_.log.warn("Channel " + to.label + " " + outcome.reason +
                      "; the message stays in the outbox and is tried again");
      break;
    case Lane::Fate::goes_on: break;
    case Lane::Fate::delivered:
      add_standing(*answer.post, *entry.notice);
      delivered(to, entry);
      break;
    case Lane::Fate::parked: parked(to, entry, outcome.reason); break;
  }
  if (answer.post != find(to.address.channel)) hand_on(*answer.post, to);
}

// What `from` cannot be told is told by its channel's fallback, once, and marked. Its rows are part
// of the same write as what became of it, and made of nothing but the message, so that a start
// after a crash finds them or makes the same.
void Notifier::pass_on(const Destination& from, Lane::Entry& entry, const std::string& why) {
  if (entry.passed_on || !entry.notice->in_place_of.empty()) return;
  const auto fallback = config_.fallbacks.find(from.address.channel);
  Post* post = fallback == config_.fallbacks.end() ? nullptr : find(fallback->second);
  if (post == nullptr) return;
  entry.passed_on = true;
  Notice notice = *entry.notice;
  notice.in_place_of = from.label + ": it " + why;
  notice.id = digest_id({entry.notice->id, "in place of " + from.label});
  for (const Destination& to : post->destinations) {
    for (const std::string& key :
         {notification_key(to.address, notice.id), parked_key(to.address, notice.id),
          delivery_key(notice.composed_at, notice.id, to.address)}) {
      const auto row = parts_.store.get(key);
      if (!row) failure_ = row.error();
      if (!row || *row) return;
    }
  }
  parts_.log.warn("Message " + entry.notice->id + " goes to channel " + fallback->second +
                  " in place of " + from.label + ", which " + why);
  enqueue({post, "", std::move(notice)}, {}, marks_);
}

void Notifier::pass_on() {
  if (config_.fallbacks.empty()) return;
  const WallTime now = parts_.clock.wall();
  for (const auto& post : posts_) {
    if (!config_.fallbacks.contains(post->channel->name())) continue;
    for (Destination& from : post->destinations) {
      for (Lane::Entry& entry : from.lane.entries()) {
        const bool in_vain =
            entry.attempts > 0 && now - entry.notice->composed_at >= config_.pass_on_after;
        if (entry.in_flight || (!from.lane.broken() && !in_vain)) continue;
        pass_on(from, entry, from.status.last_error);
      }
    }
  }
}

void Notifier::delivered(Destination& to, const Lane::Entry& entry) {
  Delivery delivery = delivery_of(to.address, entry, parts_.clock.wall());
  delivery.delivered = true;
  put_delivered(marks_, *entry.notice, delivery);
  ++to.status.delivered;
  to.lane.remove(entry);
}

void Notifier::parked(Destination& to, Lane::Entry& entry, const std::string& reason) {
  const CrashSpan span(CrashStep::park);
  Delivery delivery = delivery_of(to.address, entry, parts_.clock.wall());
  delivery.reason = reason;
  put_parked(marks_, *entry.notice, delivery);
  ++to.status.parked;
  to.status.last_error = reason;
  pass_on(to, entry, reason);
  parts_.log.error("Channel " + to.label + " " + reason + "; message " + entry.notice->id +
                   " is parked");
  const bool broken = to.lane.broken();
  EngineMessage message;
  message.kind = broken ? "channel_broken" : "parked";
  message.subject = broken ? to.address.channel : to.label;
  message.text = (broken ? "Tocsin cannot tell channel " + to.address.channel + " anything: it "
                         : "Tocsin could not deliver a message to channel " + to.label + ": it ") +
                 reason;
  message.details.push_back("Not delivered: " + render(*entry.notice).first_line);
  message.details.push_back(
      broken
          ? "The message is parked, nothing is lost. Other channels are not affected. Repair the "
            "channel's address or its permission; the next message tries it again, every 5 minutes "
            "at most."
          : "The message is parked, nothing is lost. Later messages are sent as before.");
  const auto fallback = config_.fallbacks.find(to.address.channel);
  if (fallback != config_.fallbacks.end()) {
    message.details.push_back("What it cannot be told is told by channel " + fallback->second +
                              ".");
  }
  // What breaks one destination breaks all of its channel; what was parked for one can be told to
  // the others.
  tell_engine(std::move(message), {to.address.channel, broken ? "" : to.address.destination});
  to.lane.remove(entry);
}

void Notifier::expire() {
  const WallTime now = parts_.clock.wall();
  const auto last = [](const Destination& to) {
    return to.status.last_error.empty() ? "" : " (last: " + to.status.last_error + ")";
  };
  const std::string hours = std::to_string(config_.retry.expire_after / std::chrono::hours{1});
  for (const auto& post : posts_) {
    for (Destination& to : post->destinations) {
      while (Lane::Entry* entry = to.lane.expired(now)) {
        parked(to, *entry, "did not take the message within " + hours + " h" + last(to));
      }
      while (Lane::Entry* entry = to.lane.overflow()) {
        parked(to, *entry, "has too many messages waiting" + last(to));
      }
    }
  }
}

Result<void> Notifier::drain() {
  take_inputs();
  WriteBatch rows;
  enqueue_engine(rows);
  if (!rows.empty()) {
    const CrashSpan span(CrashStep::leave);
    if (auto written = parts_.store.write(rows, Sync::yes); !written) return written;
  }
  const SteadyTime end = parts_.clock.monotonic() + config_.drain;
  const auto under_way = [this] {
    const auto waits = [](const auto& post) { return post->under_way(); };
    return std::any_of(posts_.begin(), posts_.end(), waits) ||
           std::any_of(leaving_.begin(), leaving_.end(), waits);
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
  std::vector<TryStatus> tries;
  const WallTime wall = parts_.clock.wall();
  for (const auto& post : posts_) {
    for (const Destination& to : post->destinations) {
      ChannelStatus status = to.status;
      status.queued = post->gathering.waiting() + to.lane.size();
      status.broken = to.lane.broken();
      status.paused = to.lane.paused(parts_.clock.monotonic());
      for (const auto oldest : {post->gathering.oldest(), to.lane.oldest()}) {
        if (oldest) status.oldest = std::max(status.oldest, wall - *oldest);
      }
      all.push_back(std::move(status));
      for (const Lane::Entry& entry : to.lane.entries()) {
        if (entry.attempts == 0 && entry.last_error.empty()) continue;
        tries.push_back({entry.notice->id, to.address, entry.attempts, entry.last_error});
      }
    }
  }
  const std::lock_guard lock(mutex_);
  status_ = std::move(all);
  tries_ = std::move(tries);
}

}  // namespace tocsin
