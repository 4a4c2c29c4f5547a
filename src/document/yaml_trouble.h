// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "document/yaml_builder.h"

namespace tocsin {

// What the YAML library gave up on.
struct YamlTrouble {
  std::size_t offset;   // where it noticed
  std::string message;  // its own words
};

// Tells the mistake behind it, in words for the file's author and where the author made it. Errors
// told already that are only its consequences are taken back.
void explain(const YamlTrouble& trouble, const SourceText& source, const YamlBuilder& builder,
             Diagnostics& diagnostics);

}  // namespace tocsin
