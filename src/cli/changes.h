// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/configuration.h"

namespace tocsin {

bool same_channel(const ChannelConfig& a, const ChannelConfig& b);

// What is other in `next`, a sentence each, for people: rules that are new, counted anew, of other
// limits or taken out, channels, formats, prices; else the files that differ.
std::vector<std::string> changes(const Configuration& before, const Configuration& next);

}  // namespace tocsin
