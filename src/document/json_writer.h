// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

// `text` as the inside of a JSON string: controls, quote, backslash and the line ends of JavaScript
// escaped, every byte that is not valid UTF-8 replaced by U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

// Writes JSON on one line to the end of a string, which must outlive it. Commas and colons are set
// by it; that calls nest and that each key has one value is the caller's part. At most 63 deep.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }

  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  // Decimal text that is a JSON number already: no digit is lost.
  JsonWriter& raw_number(std::string_view digits);
  JsonWriter& number(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  // For objects: key and value at once.
  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void separate();

  std::string& out_;
  std::uint64_t filled_ = 0;  // bit by depth: something stands there already
  unsigned depth_ = 0;
  bool after_key_ = false;
};

}  // namespace tocsin
