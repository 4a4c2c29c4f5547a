// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "stream.h"

namespace tocsin::bench {

// What a stream adds up to under the rules that the measuring programs know, by a reckoning of its
// own: a number a group, no windows, no batches.
class Truth {
 public:
  static constexpr std::size_t kRules = 8;

  void add(const Drawn& e);
  // {"events", "bytes", "days_picodollars": ["…"], "rules": {name: {"cells", "rungs"}}}
  std::string json(std::uint64_t bytes) const;

 private:
  std::uint64_t events_ = 0;
  std::array<std::unordered_map<std::uint64_t, std::int64_t>, kRules> cells_;
};

}  // namespace tocsin::bench
