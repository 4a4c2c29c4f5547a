// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"

namespace tocsin::prices {

// A foreign price list's JSON, numbers as they are written.
struct Json {
  enum class Kind { null, boolean, number, text, array, object };
  Kind kind = Kind::null;
  std::string text;  // of a number, text or truth value
  struct Field;
  std::vector<Json> items;
  std::vector<Field> fields;

  // The value of a field that is there and not null; else null.
  const Json* find(std::string_view name) const;
};

struct Json::Field {
  std::string name;
  Json value;
};

inline constexpr std::size_t kJsonListMax = std::size_t{64} << 20;

// Nothing: it is no JSON, or nested deeper than 32, or larger than kJsonListMax.
std::optional<Json> parse_json(const std::string& file, std::string_view bytes,
                               Diagnostics& diagnostics);

}  // namespace tocsin::prices
