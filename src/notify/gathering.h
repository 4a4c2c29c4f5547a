// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notify/notice.h"
#include "tocsin/alert.h"
#include "tocsin/time.h"

namespace tocsin {

using SteadyTime = std::chrono::steady_clock::time_point;

struct GatheringLimits {
  Millis group_interval{30'000};
  std::size_t digest_alerts_max = 20'000;  // more become further digests
};

// What one message is to be made of.
struct Composition {
  Notice::Kind kind = Notice::Kind::alert;
  std::vector<std::uint64_t> seqs;  // rows of the outbox
  std::vector<Alert> alerts;        // those of `seqs`, where they were at hand
  std::vector<Resolution> resolved;
  WallTime from{}, until{};
};

// Decides for one channel what is told at once and what together. A rule without group_by is told
// at once. With group_by the first message of a rule is, and what comes within group_interval of it
// becomes one digest, and so on until an interval passes without any. What was crossed while
// catching up waits for its end. Holds row numbers only: alerts that wait are in the outbox.
class Gathering {
 public:
  explicit Gathering(GatheringLimits limits) : limits_(limits) {}

  struct Item {
    std::uint64_t seq = 0;
    const Alert* alert = nullptr;  // lives through the call; few of them are kept
  };
  // Alerts of one commit. Rungs of one (rule, group) among them are one message.
  void offer(std::vector<Item> items, SteadyTime now, WallTime wall);
  void resolve(Resolution resolution, SteadyTime now, WallTime wall);
  void end_catch_up();
  // What was kept back by silences that are over: one digest a rule, at once.
  void unmute(const std::vector<Item>& items, WallTime wall);

  // The next that is due, if any; it is no longer here then.
  std::optional<Composition> take(SteadyTime now);
  // When take() will have something; nothing: not without a further call.
  std::optional<SteadyTime> next_due() const;

  void set_limits(GatheringLimits limits) { limits_ = limits; }
  // All that waits, whether due or not; nothing is here then.
  Composition take_all();

  std::size_t waiting() const;
  std::optional<WallTime> oldest() const;

 private:
  struct Rows {
    std::vector<std::uint64_t> seqs;
    WallTime from{}, until{};
    void add(std::uint64_t seq, WallTime wall);
  };
  struct Bucket {  // of a rule
    Rows waiting;
    std::vector<Resolution> resolved;
    std::optional<SteadyTime> due;  // end of the interval that runs
  };

  void offer_rule(const std::string& rule, std::vector<Item> items, SteadyTime now, WallTime wall);
  void tell_now(Composition composition);
  std::optional<Composition> take_due(Bucket& bucket, SteadyTime now);
  Composition cut(Rows& rows, Notice::Kind kind) const;

  GatheringLimits limits_;
  std::deque<Composition> now_;  // first in, first out
  std::map<std::string, Bucket> buckets_;
  std::map<std::string, Rows> catching_up_;  // by rule
  std::map<std::string, Rows> caught_up_;
  std::map<std::string, Rows> unmuted_;
};

// One (rule, group) in one calendar window: what is told as one.
std::string group_identity(const Alert& alert);

}  // namespace tocsin
