// SPDX-License-Identifier: Apache-2.0
#include "event/shipped.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "event/mapping.h"

namespace tocsin {
namespace {

// What a test reads on every change can be read.
Mapping read_shipped(Format format) {
  const std::string wanted = "rules/formats/" + std::string(name(format)) + ".yaml";
  Diagnostics diagnostics;
  for (const EmbeddedFile& file : shipped_mapping_files()) {
    if (file.name != wanted) continue;
    auto mapping = read_mapping(wanted, file.text, diagnostics);
    if (mapping) return std::move(*mapping);
  }
  std::fprintf(stderr, "tocsin: the shipped %s cannot be read\n", wanted.c_str());
  std::abort();
}

}  // namespace

const Mapping& shipped_mapping(Format format) {
  static const auto all = [] {
    std::vector<Mapping> read;
    for (auto i = static_cast<std::size_t>(Format::apisix); is_shipped(static_cast<Format>(i));
         ++i) {
      read.push_back(read_shipped(static_cast<Format>(i)));
    }
    return read;
  }();
  return all[static_cast<std::size_t>(format) - static_cast<std::size_t>(Format::apisix)];
}

}  // namespace tocsin
