// SPDX-License-Identifier: Apache-2.0
#include "cli/message_tally.h"

#include <algorithm>

#include "notify/outbox.h"

namespace tocsin {
namespace {

constexpr std::int64_t kMsPerHour = 3'600'000;

// The clock of the events as if it had been the machine's.
SteadyTime steady(EventTime t) { return SteadyTime{std::chrono::milliseconds(to_ms(t))}; }
WallTime wall(EventTime t) { return WallTime{t.time_since_epoch()}; }
EventTime event_time(SteadyTime t) {
  return EventTime{std::chrono::ceil<Millis>(t.time_since_epoch())};
}

}  // namespace

MessageTally::Lane& MessageTally::lane(const std::string& channel) {
  const auto known = lanes_.find(channel);
  return known != lanes_.end() ? known->second : lanes_.emplace(channel, limits_).first->second;
}

void MessageTally::deliver(Lane& lane, EventTime until) {
  for (;;) {
    const auto due = lane.gathering.next_due();
    if (!due || *due > steady(until)) return;
    const EventTime at = *due == SteadyTime::min() ? until : event_time(*due);
    while (lane.gathering.take(steady(at))) {
      ++lane.messages;
      ++lane.by_hour[floor_div(to_ms(at), kMsPerHour)];
    }
  }
}

void MessageTally::committed(const Committed& committed) {
  for (const auto& recorded : committed.alerts) now_ = std::max(now_, recorded.alert.at);
  for (const auto& resolved : committed.resolved) {
    now_ = std::max(now_, resolved.resolution.until);
  }
  std::map<std::string, std::vector<Gathering::Item>> items;
  for (const auto& recorded : committed.alerts) {
    if (!is_told(recorded.alert)) continue;
    for (const auto& channel : recorded.channels) {
      items[channel].push_back({recorded.number, &recorded.alert});
    }
  }
  for (auto& [channel, of] : items) {
    Lane& to = lane(channel);
    deliver(to, now_);
    to.alerts += of.size();
    to.gathering.offer(std::move(of), steady(now_), wall(now_));
    deliver(to, now_);
  }
  for (const auto& resolved : committed.resolved) {
    for (const auto& channel : resolved.channels) {
      Lane& to = lane(channel);
      deliver(to, now_);
      to.gathering.resolve(resolved.resolution, steady(now_), wall(now_));
      deliver(to, now_);
    }
  }
}

void MessageTally::finish() {
  for (auto& [channel, of] : lanes_) {
    while (of.gathering.waiting() > 0) {
      const auto due = of.gathering.next_due();
      if (!due) break;
      deliver(of, *due == SteadyTime::min() ? now_ : event_time(*due));
    }
  }
}

std::map<std::string, MessageTally::Channel> MessageTally::channels() const {
  std::map<std::string, Channel> all;
  for (const auto& [name, of] : lanes_) {
    Channel& channel = all[name];
    channel = {of.alerts, of.messages, 0};
    for (const auto& [hour, messages] : of.by_hour) {
      channel.busiest_hour = std::max(channel.busiest_hour, messages);
    }
  }
  return all;
}

}  // namespace tocsin
