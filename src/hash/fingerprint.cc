// SPDX-License-Identifier: Apache-2.0
#include "hash/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tocsin {

Fingerprint fingerprint128(std::string_view bytes, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {hash.high64, hash.low64};
}

std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace tocsin
