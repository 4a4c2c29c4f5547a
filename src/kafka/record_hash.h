// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tocsin {

// What a position remembers of its last record, to know the topic again: XXH3 (64 bits) over
// timestamp (ms), key and value; an absent key or value differs from an empty one. It is stored,
// so it never changes.
std::uint64_t record_hash(std::int64_t timestamp, std::optional<std::string_view> key,
                          std::optional<std::string_view> value);

}  // namespace tocsin
