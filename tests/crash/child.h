// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tocsin::crash {

// How a process has ended.
struct End {
  int code = -1;      // of exit
  int killed_by = 0;  // a signal; 0: it ended by itself
  bool hung = false;  // it had to be ended
  std::string said;   // on standard error, its end
  bool well() const { return code == 0; }
  std::string text() const;  // "exit code 1: …"
};

// Runs `life` in a process of its own, forked from this one, which must have no other thread; its
// standard error goes to `log`.
End in_child(const std::string& log, const std::function<int()>& life);

// Runs `work(shard)` in `shards` processes, adds up what they counted, and returns the sum.
struct Tally {
  std::uint64_t passed = 0, failed = 0;
  std::uint64_t other[4] = {};  // what a suite counts besides
};
Tally in_shards(unsigned shards, const std::function<Tally(unsigned shard)>& work);

}  // namespace tocsin::crash
