// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "document/embedded_file.h"

namespace tocsin::prices {

// The price files built into the binary.
std::vector<EmbeddedFile> built_in_files();

}  // namespace tocsin::prices
