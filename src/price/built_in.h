// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace tocsin::prices {

struct BuiltInFile {
  std::string_view name;  // "rules/prices/openai.yaml"
  std::string_view text;
};

// The price files built into the binary (embed.cmake writes the definition).
std::vector<BuiltInFile> built_in_files();

}  // namespace tocsin::prices
