// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rule/reader.h"
#include "rule/test_file.h"

namespace tocsin {

// An event of a test: `at`, `every`, `times`, the fields of a native event, and whatever else as
// properties. Nothing: wrong, and told.
std::optional<TestEvent> read_test_event(const Reader& reader, const Node& node);

}  // namespace tocsin
