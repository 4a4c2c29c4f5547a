// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tocsin {

// JSON Schemas (draft-07, with what yaml-language-server adds to it) that editors complete and
// check by, made of the key table. They are comfort: what only the bytes of a file show (money with
// a comma in braces, a tag, a space that is missing) no schema sees, so `check` decides.

// Of a rule file.
std::string rules_schema();
// Of tocsin.yaml.
std::string config_schema();

}  // namespace tocsin
