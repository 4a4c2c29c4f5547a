// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <vector>

#include "tocsin/time.h"

namespace tocsin {

// Hours of the days of a week, by the clocks of a zone.
struct Hours {
  struct Range {
    std::bitset<7> days;  // on which it begins; 0 is Sunday
    int from = 0;         // minutes of the day
    int until = 0;        // not after `from`: of the day after
    friend bool operator==(const Range&, const Range&) = default;
  };
  std::vector<Range> ranges;
  std::string zone;
  std::string text;  // as written, "Mon-Fri 08:00-19:00"

  bool open(WallTime t) const;
  friend bool operator==(const Hours&, const Hours&) = default;
};

}  // namespace tocsin
