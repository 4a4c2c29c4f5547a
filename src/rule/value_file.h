// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "rule/files.h"
#include "rule/listed_values.h"
#include "rule/reader.h"

namespace tocsin {

// Reads the file that `node` names, a value a line; null: wrong, and told.
std::shared_ptr<const ListedValues> read_values(const Reader& reader, const Node& node,
                                                Files& files);

}  // namespace tocsin
