// SPDX-License-Identifier: Apache-2.0
#include "kafka/record_hash.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <string_view>

using tocsin::record_hash;

TEST_CASE("A record's hash never changes, for positions on disk hold it") {
  CHECK(record_hash(1763632800123, "key", "{\"a\":1}") == 0xad9a001817fef8a3ULL);
  CHECK(record_hash(0, std::nullopt, std::nullopt) == 0xffffffffffffffffULL);
  std::string text;  // long enough to be hashed another way, by wide registers where there are some
  for (int i = 0; i < 500; ++i) text += static_cast<char>('a' + i % 26);
  CHECK(record_hash(1763632800123, "key", text) == 0x5e79bfb42492c843ULL);
}

TEST_CASE("Timestamp, key and value each make another hash, and absent is not empty") {
  const std::set<std::uint64_t> hashes = {
      record_hash(1, "key", "value"),        record_hash(2, "key", "value"),
      record_hash(1, "Key", "value"),        record_hash(1, "key", "Value"),
      record_hash(1, "value", "key"),        record_hash(1, "", "value"),
      record_hash(1, std::nullopt, "value"), record_hash(1, "key", ""),
      record_hash(1, "key", std::nullopt),   record_hash(1, std::nullopt, "key"),
      record_hash(1, "keyv", "alue"),        record_hash(1, std::nullopt, std::nullopt),
  };
  CHECK(hashes.size() == 12);
}
