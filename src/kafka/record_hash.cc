// SPDX-License-Identifier: Apache-2.0
#include "kafka/record_hash.h"

#include <xxhash.h>
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>  // the same hashes, by the widest registers that the processor has
#endif

namespace tocsin {

std::uint64_t record_hash(std::int64_t timestamp, std::optional<std::string_view> key,
                          std::optional<std::string_view> value) {
  auto hash = static_cast<std::uint64_t>(timestamp);
  if (key) hash = XXH3_64bits_withSeed(key->data(), key->size(), hash);
  // Complemented, for without it an absent key and a value would hash like a key and no value.
  hash = ~hash;
  if (value) hash = XXH3_64bits_withSeed(value->data(), value->size(), hash);
  return hash;
}

}  // namespace tocsin
