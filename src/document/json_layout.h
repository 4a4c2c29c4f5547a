// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace tocsin {

// Valid JSON laid out for people: two blanks a level, a line for each member of an object and each
// item of a list, but lists of scalars on one line.
std::string laid_out(std::string_view json);

}  // namespace tocsin
