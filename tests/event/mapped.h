// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "collect.h"
#include "event/mapping.h"

namespace tocsin {

// The mapping that a YAML text is; it must be one.
inline RecordFormat mapped_by(std::string_view yaml) {
  Diagnostics diagnostics;
  auto mapping = read_mapping("m.yaml", yaml, diagnostics);
  for (const Diagnostic& one : diagnostics) UNSCOPED_INFO(render(one));
  REQUIRE(mapping);
  return RecordFormat(std::move(*mapping));
}

// What is wrong with a YAML text that is none: the first error, as people see it.
inline std::string mapping_trouble(std::string_view yaml) {
  Diagnostics diagnostics;
  const auto mapping = read_mapping("m.yaml", yaml, diagnostics);
  CHECK_FALSE(mapping);
  if (diagnostics.empty()) return {};
  const Diagnostic& one = diagnostics.front();
  return std::to_string(one.line) + ":" + std::to_string(one.column) + ": " + one.message + "; " +
         one.hint;
}

}  // namespace tocsin
