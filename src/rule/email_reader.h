// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rule/config_reader.h"

namespace tocsin {

// The value of `email:`; nothing if it is wrong, which is told.
std::optional<EmailTarget> read_email(const ConfigReader& reader, const Node& node);

}  // namespace tocsin
