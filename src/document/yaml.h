// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "document/document.h"

namespace tocsin {

inline constexpr int kYamlDepthMax = 32;
inline constexpr int kYamlNodesMax = 100'000;

// Reads the part of YAML that means one thing to everybody: one document of maps, lists and
// scalars that are text. Anchors, aliases, tags, nulls, duplicate keys, text that runs over line
// ends (but for | and >), lines that start with % and whatever else YAML drops in silence are
// errors, each told where it was written.
//
// Nothing: the text could not be read to its end; `diagnostics` says why. A document: it could, but
// `diagnostics` may have errors; nodes with one are `bad`.
std::optional<Document> parse_yaml(SourceText source, Diagnostics& diagnostics);

// The same, from bytes.
std::optional<Document> parse_yaml(std::string file, std::string_view bytes,
                                   Diagnostics& diagnostics);

}  // namespace tocsin
