// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tocsin/severity.h"

namespace tocsin {

// Channels by severity. Absent: ask the next wider route (rung, row of a table, rule, config). An
// empty list is an answer: recorded, told to nobody.
struct Route {
  std::optional<std::vector<std::string>> info, warning, critical;

  const std::optional<std::vector<std::string>>& of(Severity severity) const {
    return severity == Severity::info ? info : severity == Severity::warning ? warning : critical;
  }
};

}  // namespace tocsin
