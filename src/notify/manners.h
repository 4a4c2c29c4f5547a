// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "window/hours.h"

namespace tocsin {

// How a channel takes what it is told, whatever it is.
struct Manners {
  std::optional<Hours> hours;    // absent: always
  bool drops = false;            // outside them: recorded and never told; else told when they begin
  std::size_t max_per_hour = 0;  // messages; further ones of the hour are one. 0: no limit
};

}  // namespace tocsin
