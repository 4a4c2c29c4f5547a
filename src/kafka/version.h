// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tocsin {

// Of the library that is linked: "2.0.2".
std::string kafka_library_version();

}  // namespace tocsin
