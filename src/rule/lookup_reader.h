// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "rule/config_reader.h"
#include "rule/lookup.h"

namespace tocsin {

// `lookup:` of tocsin.yaml: tables written there, or CSV files. Null: wrong, and told.
std::shared_ptr<const Lookups> read_lookups(const ConfigReader& config, const Node& node);

}  // namespace tocsin
