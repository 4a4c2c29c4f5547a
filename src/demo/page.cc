// SPDX-License-Identifier: Apache-2.0
#include "demo/page.h"

namespace tocsin::demo {

std::optional<PageFile> page_file(std::string_view path) {
  if (path == "/demo" || path == "/demo/" || path == "/") {
    return PageFile{"text/html; charset=utf-8", demo_file("page/demo.html")};
  }
  if (path == "/demo/demo.css") {
    return PageFile{"text/css; charset=utf-8", demo_file("page/demo.css")};
  }
  if (path == "/demo/demo.js") {
    return PageFile{"text/javascript; charset=utf-8", demo_file("page/demo.js")};
  }
  return std::nullopt;
}

std::string_view demo_file(std::string_view name) {
  for (const EmbeddedFile& file : demo_files()) {
    if (file.name == name) return file.text;
  }
  return {};
}

}  // namespace tocsin::demo
