// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/replay.h"

namespace tocsin {

// A tick as a recording holds it: lines "clock MILLISECONDS" and "idle PARTITION TOPIC".
std::string tick_text(const NamedTick& tick);
std::optional<NamedTick> parse_tick(std::string_view text);

// A version: lines "rules HASH" and "partition PARTITION TOPIC", one for each that is read.
std::string version_text(const std::string& rules, const std::vector<PartitionName>& partitions);
std::optional<std::vector<PartitionName>> parse_version(std::string_view text);

}  // namespace tocsin
