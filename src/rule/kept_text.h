// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rule/config.h"

namespace tocsin {

// The text of a tocsin.yaml as it may be kept: comments are blank, secrets written in place are
// stars. Nothing: a secret could not be kept out.
std::optional<std::string> text_to_keep(std::string text,
                                        const std::vector<LiteralSecret>& secrets);

// `state: {path: …}` of a tocsin.yaml that is no YAML any more, as a person would find it; empty:
// nowhere. Not resolved.
std::string find_state_path(std::string_view text);

}  // namespace tocsin
