// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "tocsin/alert.h"
#include "tocsin/result.h"

namespace tocsin {

// How the levels that alerts told of stand now, each with its value, requests and time as of now;
// nothing: it stands no more. In the order asked for. The notifier's thread; may take its time. A
// failure leaves open how they stand.
using LevelReader =
    std::function<Result<std::vector<std::optional<Alert>>>(const std::vector<Alert>& alerts)>;

}  // namespace tocsin
