// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tocsin/decimal.h"
#include "tocsin/metric.h"

namespace tocsin {

// How what a field lacks can be had.
inline constexpr std::string_view kFillIn = "a table under lookup in tocsin.yaml can fill it in";

// "12% of it, $3.10, has no Team"; `value` of `total`, which is more than none.
std::string unfilled_text(Metric metric, int128 value, int128 total, std::string_view field);

}  // namespace tocsin
