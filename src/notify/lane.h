// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "notify/channel.h"
#include "notify/notice.h"
#include "tocsin/time.h"

namespace tocsin {

struct RetryLimits {
  Millis backoff_min{1'000};
  Millis backoff_max{300'000};
  Millis half_open{300'000};    // between tries while the channel is broken
  Millis pause_max{3'600'000};  // however long an answer asks us to wait
  Millis expire_after{86'400'000};
};

// The messages to one destination of a channel on their way: pacing, tries, and what the answers
// mean. No clock and no I/O: the notifier drives it.
class Lane {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Entry {
    std::shared_ptr<const Notice> notice;  // shared with the channel's other destinations
    Form form = Form::full;
    std::uint32_t attempts = 0;
    std::size_t part = 0, parts = 1;  // of the requests it needs, the one that is next
    SteadyTime not_before{};
    bool in_flight = false;
    std::string first_line;  // once it was sent
    std::string last_error;
    bool had_memory = false;  // the try under way
    bool known = false;       // so had the first part
    bool passed_on = false;   // to the channel's fallback
  };
  // What an answer did to its entry.
  enum class Fate { kept, goes_on, delivered, parked };  // goes_on: with its next part

  Lane(Pacing pacing, RetryLimits limits, std::uint32_t seed)
      : limits_(limits), pacing_(pacing), random_(seed) {}

  void push(std::shared_ptr<const Notice> notice) {
    entries_.emplace_back().notice = std::move(notice);
  }
  bool holds(const std::string& notice) const;  // by its id
  // Few are held here; the others wait in the outbox, where they can still become one message.
  bool has_room() const { return entries_.size() < kEntriesMax; }

  // The next entry that may be sent now, taken into flight; null: none.
  Entry* start(SteadyTime now);
  // When start() will have one, if nothing else happens; nothing: not before an answer.
  std::optional<SteadyTime> next_due(SteadyTime now) const;

  // Takes an answer. After `delivered` and `parked` the caller removes the entry, once it has read
  // what it needs.
  Fate finish(Entry& entry, const Outcome& outcome, SteadyTime now);
  // A broken channel is tried at once: somebody says that it is repaired.
  void try_now() {
    if (broken_) not_before_ = {};
  }
  // An entry not in flight that is too old to be told, if any.
  Entry* expired(WallTime now);
  // The oldest not in flight, where more wait, or larger ones, than are kept: the other
  // destinations of a channel are told without waiting for this one.
  Entry* overflow();
  void remove(const Entry& entry);
  // Those not in flight, oldest first; they are no longer here. An end whose beginning is in flight
  // stays.
  std::vector<std::shared_ptr<const Notice>> take_waiting();

  const std::list<Entry>& entries() const { return entries_; }
  std::list<Entry>& entries() { return entries_; }
  std::size_t size() const { return entries_.size(); }
  int in_flight() const { return in_flight_; }
  bool broken() const { return broken_; }
  bool paused(SteadyTime now) const { return not_before_ > now; }
  std::optional<WallTime> oldest() const;

 private:
  static constexpr std::size_t kEntriesMax = 8;
  static constexpr std::size_t kBacklogMax = 1'000;
  static constexpr std::size_t kBacklogAlertsMax = 200'000;  // of all messages beyond those few

  Entry* next(SteadyTime now);
  bool overfull() const;
  bool waits_for_another(const Entry& entry) const;
  int in_flight_max() const;
  std::chrono::nanoseconds token_interval() const;
  SteadyTime token_at() const;
  Millis backoff(std::uint32_t attempts);
  void wait_until(SteadyTime t) { not_before_ = std::max(not_before_, t); }

  RetryLimits limits_;
  Pacing pacing_;
  std::minstd_rand random_;
  std::list<Entry> entries_;
  int in_flight_ = 0;
  SteadyTime arrival_{};        // of the next token, were they taken at an even pace
  SteadyTime not_before_{};     // the whole lane waits
  std::uint32_t failures_ = 0;  // in a row
  std::uint32_t pauses_ = 0;    // in a row
  bool broken_ = false;
};

}  // namespace tocsin
