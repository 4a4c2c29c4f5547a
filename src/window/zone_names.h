// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace tocsin {

// The IANA zones that this machine knows, sorted; none if it has no time zones. Slow: for errors.
std::vector<std::string> zone_names();

}  // namespace tocsin
