// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// The text as JSON writes it, with its quotes.
std::string json_string(std::string_view text);

}  // namespace tocsin
