// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "document/diagnostic.h"
#include "price/catalogue.h"

namespace tocsin::prices {

// One price file (docs/events.md, What it costs), its texts kept in `texts`. Nothing if it has an
// error; `diagnostics` says which.
std::optional<Provider> load_provider(std::string file, std::string_view text, Texts& texts,
                                      Diagnostics& diagnostics);

}  // namespace tocsin::prices
