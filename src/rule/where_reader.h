// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "rule/condition.h"
#include "rule/files.h"
#include "rule/reader.h"

namespace tocsin {

// A `where` of a rule, with the files that it names. Nothing: it is wrong, and told.
std::optional<Where> read_where(const Reader& reader, const Node& node, Files& files);

// A name of a field that `where` or `group_by` may use; false, and told, if it may not.
bool check_field_name(const Reader& reader, const Node& node);

}  // namespace tocsin
