// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin {

// RFC 4648, with padding.
void append_base64(std::string& out, std::string_view bytes);
// Nothing for text that is not exactly what append_base64 makes.
std::optional<std::string> parse_base64(std::string_view text);

}  // namespace tocsin
