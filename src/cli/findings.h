// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "rule/load.h"

namespace tocsin {

// What was found in a configuration, for programs: {ok, files: [{path, ok, rules}], diagnostics:
// [{level, file, line, column, message, hint}]}.
std::string findings_json(const Loaded& loaded);

}  // namespace tocsin
