// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "document/nearest_word.h"
#include "rule/key_table.h"

namespace tocsin {

// The same of words of which some are not built yet: these are not offered.
std::string hint_for(std::string_view text, Words words);

}  // namespace tocsin
