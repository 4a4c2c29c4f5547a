// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace tocsin {

// The login name of whoever runs this process.
std::string person();

}  // namespace tocsin
