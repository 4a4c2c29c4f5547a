// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "document/embedded_file.h"
#include "event/format.h"

namespace tocsin {

// The mapping files that ride in the binary, rules/formats/.
std::vector<EmbeddedFile> shipped_mapping_files();

// Of a format that is_shipped(). Read when first asked for; any thread.
const Mapping& shipped_mapping(Format format);

}  // namespace tocsin
