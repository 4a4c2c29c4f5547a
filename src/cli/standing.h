// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "notify/levels.h"
#include "rule/rule.h"
#include "tocsin/store.h"
#include "tocsin/time.h"

namespace tocsin {

// How the levels of `alerts` stand at `now`, by what the state holds (notify/levels.h). Reads the
// cells of their rules. Any thread. stop: the state is damaged.
Result<std::vector<std::optional<Alert>>> standing_levels(const Store& store,
                                                          const std::vector<Rule>& rules,
                                                          const std::vector<Alert>& alerts,
                                                          EventTime now);

}  // namespace tocsin
