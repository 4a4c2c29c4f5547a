// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tocsin {

// Of the library that is linked: "7.8.3".
std::string rocks_library_version();

}  // namespace tocsin
