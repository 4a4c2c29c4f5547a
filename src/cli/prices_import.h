// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/commands.h"

namespace tocsin {

// `prices import`, under `prices`.
void add_prices_import(CLI::App& prices, CommandSlot& slot);

}  // namespace tocsin
