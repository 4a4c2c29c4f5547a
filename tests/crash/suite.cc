// SPDX-License-Identifier: Apache-2.0
#include "crash/suite.h"

#include <cstdio>

#include "crash/child.h"

namespace tocsin::crash {

int run_cases(const Size& size, std::uint64_t cases,
              const std::function<bool(std::uint64_t one, std::uint64_t& other)>& run_case,
              const std::function<void(std::uint64_t other)>& tell) {
  const Tally tally = in_shards(size.only ? 1 : size.shards, [&](unsigned shard) {
    Tally mine;
    for (std::uint64_t at = shard; at < cases; at += size.shards) {
      const bool good = run_case(size.only.value_or(at), mine.other[0]);
      ++(good ? mine.passed : mine.failed);
      if (size.only) break;
    }
    return mine;
  });
  tell(tally.other[0]);
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(tally.passed),
              static_cast<unsigned long long>(tally.failed));
  return tally.failed == 0 ? 0 : 1;
}

}  // namespace tocsin::crash
