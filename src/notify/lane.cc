// SPDX-License-Identifier: Apache-2.0
#include "notify/lane.h"

#include <algorithm>

namespace tocsin {
namespace {

using Verdict = Outcome::Verdict;

// From this many failures in a row on the channel is tried by one message at a time.
constexpr std::uint32_t kFailuresMax = 3;

}  // namespace

std::chrono::nanoseconds Lane::token_interval() const {
  return std::chrono::nanoseconds{1'000'000'000} / pacing_.per_second;
}

Lane::SteadyTime Lane::token_at() const {
  return arrival_ - token_interval() * (pacing_.burst - 1);
}

int Lane::in_flight_max() const {
  return broken_ || failures_ >= kFailuresMax ? 1 : pacing_.in_flight_max;
}

// What ends an episode must not be told before what began it.
bool Lane::waits_for_another(const Entry& entry) const {
  if (entry.notice->kind != Notice::Kind::resolved) return false;
  for (const Entry& earlier : entries_) {
    if (&earlier == &entry) return false;
    if (rule_of(*earlier.notice) == rule_of(*entry.notice)) return true;
  }
  return false;
}

Lane::Entry* Lane::next(SteadyTime now) {
  for (Entry& entry : entries_) {
    if (!entry.in_flight && entry.not_before <= now && !waits_for_another(entry)) return &entry;
  }
  return nullptr;
}

Lane::Entry* Lane::start(SteadyTime now) {
  if (in_flight_ >= in_flight_max() || not_before_ > now || token_at() > now) return nullptr;
  Entry* entry = next(now);
  if (entry == nullptr) return nullptr;
  arrival_ = std::max(arrival_, now) + token_interval();
  entry->in_flight = true;
  ++in_flight_;
  return entry;
}

std::optional<Lane::SteadyTime> Lane::next_due(SteadyTime now) const {
  if (in_flight_ >= in_flight_max()) return std::nullopt;
  std::optional<SteadyTime> first;
  for (const Entry& entry : entries_) {
    if (entry.in_flight || waits_for_another(entry)) continue;
    if (!first || entry.not_before < *first) first = entry.not_before;
  }
  if (!first) return std::nullopt;
  return std::max({*first, not_before_, token_at(), now});
}

// Full jitter: evenly between nothing and a limit that doubles, so that many clients of one
// receiver don't come back together.
Millis Lane::backoff(std::uint32_t attempts) {
  Millis limit = limits_.backoff_min;
  for (std::uint32_t i = 1; i < attempts && limit < limits_.backoff_max; ++i) limit *= 2;
  limit = std::min(limit, limits_.backoff_max);
  return Millis{std::uniform_int_distribution<std::int64_t>(1, limit.count())(random_)};
}

Lane::Fate Lane::finish(Entry& entry, const Outcome& outcome, SteadyTime now) {
  entry.in_flight = false;
  --in_flight_;
  if (outcome.verdict != Verdict::pause) {
    ++entry.attempts;
    pauses_ = 0;
  }
  switch (outcome.verdict) {
    case Verdict::delivered:
      failures_ = 0;
      broken_ = false;
      if (++entry.part >= entry.parts) return Fate::delivered;
      --entry.attempts;  // those of the whole are counted
      return Fate::goes_on;
    case Verdict::retry:
      entry.not_before = now + backoff(entry.attempts);
      if (++failures_ >= kFailuresMax) wait_until(now + backoff(failures_ - kFailuresMax + 1));
      return Fate::kept;
    case Verdict::pause: {
      const Millis asked = outcome.after ? Millis{*outcome.after} : limits_.backoff_min;
      const Millis wait = std::clamp(asked, Millis{0}, limits_.pause_max);
      wait_until(now + wait + backoff(outcome.after ? 1 : ++pauses_));
      return Fate::kept;
    }
    case Verdict::degrade:
      if (entry.form == Form::plain) return Fate::parked;
      entry.form = Form::plain;
      return Fate::kept;
    case Verdict::park: return Fate::parked;
    case Verdict::broken:
      broken_ = true;
      wait_until(now + limits_.half_open);
      return Fate::parked;
  }
  return Fate::kept;
}

Lane::Entry* Lane::expired(WallTime now) {
  for (Entry& entry : entries_) {
    if (!entry.in_flight && now - entry.notice->composed_at >= limits_.expire_after) return &entry;
  }
  return nullptr;
}

// A digest may hold as many alerts as a thousand other messages.
bool Lane::overfull() const {
  if (has_room()) return false;
  std::size_t alerts = 0;
  for (const Entry& entry : entries_) alerts += entry.notice->alerts.size();
  return entries_.size() > kBacklogMax ||
         (entries_.size() > kEntriesMax && alerts > kBacklogAlertsMax);
}

Lane::Entry* Lane::overflow() {
  if (!overfull()) return nullptr;
  for (Entry& entry : entries_) {
    if (!entry.in_flight) return &entry;
  }
  return nullptr;
}

bool Lane::holds(const std::string& notice) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.notice->id == notice; });
}

void Lane::remove(const Entry& entry) {
  entries_.remove_if([&](const Entry& other) { return &other == &entry; });
}

std::optional<WallTime> Lane::oldest() const {
  std::optional<WallTime> oldest;
  for (const Entry& entry : entries_) {
    const WallTime composed = entry.notice->composed_at;
    oldest = oldest ? std::min(*oldest, composed) : composed;
  }
  return oldest;
}

std::vector<std::shared_ptr<const Notice>> Lane::take_waiting() {
  std::vector<std::shared_ptr<const Notice>> waiting;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (entry->in_flight || waits_for_another(*entry)) {
      ++entry;
    } else {
      waiting.push_back(std::move(entry->notice));
      entry = entries_.erase(entry);
    }
  }
  return waiting;
}

}  // namespace tocsin
