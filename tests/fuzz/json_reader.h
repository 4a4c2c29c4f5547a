// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::fuzz {

struct JsonEntry;

// A second reader of JSON, by the grammar of RFC 8259 and sharing nothing with the one in
// src/event: slow, recursive, a value of its own for everything. Numbers are kept as they are
// written.
struct Json {
  enum class Kind { null, boolean, number, text, array, object };

  Kind kind = Kind::null;
  std::string text;         // a text's characters, a number's digits, "true", "false"
  bool bad_escape = false;  // of a text: an escape that is no character, or half a surrogate pair
  std::vector<Json> items;
  std::vector<JsonEntry> entries;  // in order, each name as often as it is written

  bool is(Kind other) const { return kind == other; }
  bool is_container() const { return kind == Kind::array || kind == Kind::object; }
  const Json* find(std::string_view name) const;  // the first of that name, or null
};

struct JsonEntry {
  Json name, value;
};

struct JsonLimits {
  std::size_t depth_max = 256;
  bool lenient = false;  // NaN, Infinity and -Infinity are numbers, and bad escapes no error
};

// Nothing: it is not JSON, not UTF-8 or nested deeper.
std::optional<Json> read_json(std::string_view bytes, JsonLimits limits);
std::optional<Json> read_json(std::string_view bytes);

bool is_utf8(std::string_view bytes);

}  // namespace tocsin::fuzz
