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

// From where on which rules and prices judged.
struct RecordedVersion {
  std::string rules;                      // hash
  std::string prices;                     // hash of the list, and choice; empty: nobody noted it
  std::vector<PartitionName> partitions;  // all that is read
};
// It as a recording holds it: lines "rules HASH", "prices HASH CHOICE" if they are known, and
// "partition PARTITION TOPIC", one for each that is read. Lines of other words are for others.
std::string version_text(const RecordedVersion& version);
std::optional<RecordedVersion> parse_version(std::string_view text);

}  // namespace tocsin
