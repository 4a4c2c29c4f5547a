// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "tocsin/decimal.h"

namespace tocsin {

// How much of what a rule counts lies in groups that have no value in a field. Of sums.
struct Unfilled {
  static constexpr std::size_t kFieldsMax = 4;  // of group_by

  int128 total = 0;
  std::array<int128, kFieldsMax> without{};  // by field

  // `group`: its key (tocsin/group.h).
  void add(std::string_view group, int128 amount);
};

}  // namespace tocsin
