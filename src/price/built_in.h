// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tocsin::prices {

// rules/prices, compiled (price/compiled.h).
std::string_view built_in_prices();

}  // namespace tocsin::prices
