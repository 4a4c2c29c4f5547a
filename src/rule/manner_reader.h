// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "rule/config.h"
#include "rule/reader.h"

namespace tocsin {

// Keys of a channel that say how it takes what it is told, whatever it is.
bool is_manner(std::string_view key);
// One of them; false, and told: it is wrong.
bool read_manner(const Reader& reader, const Entry& entry, ChannelConfig& channel);

}  // namespace tocsin
