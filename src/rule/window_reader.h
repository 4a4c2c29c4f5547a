// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "rule/reader.h"
#include "window/window_spec.h"

namespace tocsin {

// The `window` and `starts` of a rule, in `zone`. Nothing: wrong, and told.
std::optional<WindowSpec> read_window(const Reader& reader, const Node& window, const Node* starts,
                                      const std::string& zone);

// An IANA zone that this machine knows; nothing, and told, for others.
std::optional<std::string> read_zone(const Reader& reader, const Node& node);

}  // namespace tocsin
