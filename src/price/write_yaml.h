// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "price/catalogue.h"

namespace tocsin::prices {

// The price file that load_provider() reads `provider` from, after `head` (comments, whole lines).
// Rates in a fixed order, what is odd with a comment, at most 100 columns but for what is longer in
// one piece.
std::string write_yaml(const Provider& provider, const std::string& head);

}  // namespace tocsin::prices
