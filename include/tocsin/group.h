// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// What people read for a missing value, and for the groups beyond max_groups.
inline constexpr std::string_view kNone = "(none)";
inline constexpr std::string_view kOther = "(other)";

// A group as bytes, the same in memory, in the state and in alert ids: for each field of group_by
// a varint, 0 for a missing value, else 1 + its length, then the value. A user who calls himself
// "(none)" or "(other)" is therefore a group of his own. Empty: the rule has no group_by.
inline std::size_t group_value_size(std::string_view value) {
  if (value.empty()) return 1;
  std::size_t size = value.size() + 1;
  for (std::uint64_t length = value.size() + 1; length >= 0x80; length >>= 7) ++size;
  return size;
}

// Writes group_value_size(value) bytes and answers with their end.
inline char* write_group_value(char* out, std::string_view value) {
  std::uint64_t length = value.empty() ? 0 : value.size() + 1;
  while (length >= 0x80) {
    *out++ = static_cast<char>(length | 0x80);
    length >>= 7;
  }
  *out++ = static_cast<char>(length);
  return std::copy_n(value.data(), value.size(), out);
}

inline void append_group_value(std::string& key, std::string_view value) {
  const std::size_t size = key.size();
  key.resize(size + group_value_size(value));
  write_group_value(key.data() + size, value);
}

// The overflow group; no field can encode to it.
inline constexpr std::string_view kOverflowGroup{"\xff", 1};

// The values people read, one a field; missing ones are (none). Nothing if the bytes are no group
// of `fields` fields.
inline std::optional<std::vector<std::string>> group_values(std::string_view key,
                                                            std::size_t fields) {
  if (key == kOverflowGroup) return std::vector<std::string>(fields, std::string(kOther));
  std::vector<std::string> values;
  std::size_t i = 0;
  while (i < key.size()) {
    std::uint64_t length = 0;
    for (int shift = 0;; shift += 7) {
      if (i >= key.size() || shift > 28) return std::nullopt;
      const auto byte = static_cast<unsigned char>(key[i++]);
      length |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (length == 0) {
      values.emplace_back(kNone);
      continue;
    }
    if (length - 1 > key.size() - i) return std::nullopt;
    values.emplace_back(key.substr(i, length - 1));
    i += length - 1;
  }
  if (values.size() != fields) return std::nullopt;
  return values;
}

}  // namespace tocsin
