// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "price/catalogue.h"

namespace tocsin::prices {

// The priced models that one without a price may cost as much as, at most two: the nearest of its
// kind ("gpt-5.4-nano" for "gpt-6-nano"), and the dearest of those whose names begin most like its
// own. Of its provider, and of those whose models that one sells; nothing: there is none of its
// family.
std::vector<const Model*> lookalikes(const Catalogue& catalogue, std::string_view provider,
                                     std::string_view model, std::int64_t at_ms);

}  // namespace tocsin::prices
