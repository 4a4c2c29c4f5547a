// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "tocsin/time.h"

namespace tocsin {

// Which partitions stand still although there is more to read: librdkafka 2.0.2 can lose its way to
// a broker for good (#4970, #4212). Only what the source could tell the end of is watched, and only
// while it can be reached. State thread.
class ProgressWatch {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  static constexpr Millis kAskEvery{20'000};  // while something is quiet
  static constexpr Millis kTellAfter{60'000};
  static constexpr Millis kEndAfter{180'000};

  struct Still {
    std::uint32_t partition = 0;
    Millis since{};
  };

  // The partition goes on at `next_offset`.
  void is_at(std::uint32_t partition, std::int64_t next_offset) {
    Seen& seen = at(partition);
    if (seen.next == next_offset) return;
    seen.next = next_offset;
    seen.quiet = seen.still = Millis{0};
    seen.told = false;
  }
  void at_end(std::uint32_t partition, std::int64_t offset) {
    Seen& seen = at(partition);
    seen.end_read = offset;
    seen.still = Millis{0};
    seen.told = false;
  }
  void end_is(std::uint32_t partition, std::int64_t offset) { at(partition).end = offset; }
  void gone(std::uint32_t partition) { at(partition).gone = true; }
  void back(std::uint32_t partition) { at(partition) = {}; }
  // The source cannot be reached, which is told elsewhere, or can again.
  void set_reachable(bool reachable) {
    reachable_ = reachable;
    for (Seen& seen : seen_) seen.quiet = seen.still = Millis{0};
  }

  // Time goes on, by a second a turn at most: a process that was stopped missed nothing. True: the
  // ends are to be asked for.
  bool turn(SteadyTime now) {
    const Millis passed =
        last_ ? std::min(std::chrono::duration_cast<Millis>(now - *last_), Millis{1'000})
              : Millis{0};
    last_ = now;
    if (!reachable_) return false;
    bool quiet = false;
    for (Seen& seen : seen_) {
      if (seen.gone || !seen.end) continue;
      seen.quiet += passed;
      quiet = quiet || seen.quiet >= kAskEvery;
      seen.still = *seen.end > std::max(seen.next, seen.end_read) ? seen.still + passed : Millis{0};
    }
    since_asked_ += passed;
    if (!quiet || since_asked_ < kAskEvery) return false;
    since_asked_ = Millis{0};
    return true;
  }

  // A partition that is to be told, once.
  std::optional<Still> to_tell() {
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i].told || seen_[i].still < kTellAfter) continue;
      seen_[i].told = true;
      return Still{i, seen_[i].still};
    }
    return std::nullopt;
  }
  // One that stands for so long that only a new start helps.
  std::optional<Still> beyond_help() const {
    for (std::uint32_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i].still >= kEndAfter) return Still{i, seen_[i].still};
    }
    return std::nullopt;
  }

 private:
  struct Seen {
    std::int64_t next = -1;
    std::int64_t end_read = -1;         // there was nothing before it
    std::optional<std::int64_t> end{};  // as last asked
    Millis quiet{0};                    // since it moved
    Millis still{0};                    // of that, with more to read
    bool gone = false;
    bool told = false;
  };
  Seen& at(std::uint32_t partition) {
    if (partition >= seen_.size()) seen_.resize(partition + 1);
    return seen_[partition];
  }

  std::vector<Seen> seen_;
  std::optional<SteadyTime> last_;
  Millis since_asked_{0};
  bool reachable_ = true;
};

}  // namespace tocsin
