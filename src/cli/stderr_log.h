// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "tocsin/log.h"

namespace tocsin {

// A line a record on standard error, on spdlog: time, level, text.
std::unique_ptr<Log> stderr_log();

}  // namespace tocsin
