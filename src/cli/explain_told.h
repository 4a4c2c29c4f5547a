// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/explanation.h"
#include "tocsin/result.h"
#include "tocsin/store.h"

namespace tocsin {

// The alerts of the explained window (of rolling ones the last), and what became of each: into
// `told`. Looks at the latest 200,000 alerts and as many deliveries. stop: the state is damaged.
Result<void> read_told(const Snapshot& snapshot, Explanation& explanation);

// What was counted beside the cells. stop: the state is damaged.
Result<void> read_trust(const Snapshot& snapshot, Trust& trust);

}  // namespace tocsin
