// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

namespace tocsin {

// A file that rides in the binary (cmake/Embed.cmake).
struct EmbeddedFile {
  std::string_view name;  // "rules/prices/openai.yaml"
  std::string_view text;
};

}  // namespace tocsin
