// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "price/catalogue.h"

namespace tocsin::prices {

// What nobody can have meant: models and names that others stand before, prices that a later one
// hides at all times, days of a history without a price, variants that never hold. One line each,
// with the place of a price where there is one.
std::vector<std::string> check(const Catalogue& catalogue);

}  // namespace tocsin::prices
