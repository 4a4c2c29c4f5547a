// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "http/api.h"

namespace tocsin {

// The text format that Prometheus scrapes, version 0.0.4. Samples of one name stand together
// however they come, in the order in which names and samples first do.
std::string metrics_text(std::span<const MetricSample> samples);

}  // namespace tocsin
