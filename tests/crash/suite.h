// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tocsin::crash {

// How much of a suite is run. Every suite prints, for each failure, the line that repeats it, and
// ends with "N passed, N failed".
struct Size {
  std::string program;     // as it was called, for lines that repeat a failure
  std::uint64_t seed = 1;  // all that is chosen by chance follows from it
  unsigned shards = 2;     // processes at a time
  std::uint64_t count = 0;
  std::optional<std::uint64_t> only;  // this case alone
  bool keep = false;                  // directories stay, for a look at what was left
};

// Runs case 0 to `cases`, or `only`, in processes of their own, and ends as every suite does.
// `run_case` answers whether it was good, and may count in `other`, of which `tell` says the sum.
// Returns what main() does.
int run_cases(const Size& size, std::uint64_t cases,
              const std::function<bool(std::uint64_t one, std::uint64_t& other)>& run_case,
              const std::function<void(std::uint64_t other)>& tell);

// Returns what main() does. `count`: cases of each crash point.
int run_points(const Size& size);
// `count`: first cuts; each is followed by up to two more, in half of all cases while it starts.
int run_power(const Size& size);
// `count`: damages to one file each.
int run_flips(const Size& size);
// `count`: cases of each crash point of the local log.
int run_log(const Size& size);

}  // namespace tocsin::crash
