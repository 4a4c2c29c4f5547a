// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace tocsin {

// 128 bits that stand for a text. The seed keeps people who choose the text from choosing the
// bits; with a seed they cannot know, two texts meet with a chance of 2^-128.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Fingerprint&, const Fingerprint&) = default;
};

// Both: the same on every machine and in every version (XXH3). Any thread.
Fingerprint fingerprint128(std::string_view bytes, std::uint64_t seed);
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);

}  // namespace tocsin
