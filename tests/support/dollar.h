// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tocsin/decimal.h"

namespace tocsin {

inline constexpr int128 kDollar = power_of_ten(12);  // in picodollars, as Money counts

}  // namespace tocsin
