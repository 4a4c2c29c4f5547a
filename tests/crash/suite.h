// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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

// Returns what main() does. `count`: cases of each crash point.
int run_points(const Size& size);
// `count`: first cuts; each is followed by up to two more, in half of all cases while it starts.
int run_power(const Size& size);
// `count`: damages to one file each.
int run_flips(const Size& size);

}  // namespace tocsin::crash
