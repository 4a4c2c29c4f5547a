// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "document/embedded_file.h"

namespace tocsin::demo {

// The files in src/demo that ride in the binary: "page/demo.html", "rules.yaml".
std::vector<EmbeddedFile> demo_files();

struct PageFile {
  std::string_view type;  // of the content
  std::string_view text;
};
// What a path of the page means: /demo, /demo/demo.css, /demo/demo.js. Nothing for others.
std::optional<PageFile> page_file(std::string_view path);

// The text of one of demo_files(); empty if there is none of that name.
std::string_view demo_file(std::string_view name);

}  // namespace tocsin::demo
