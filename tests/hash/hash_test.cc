// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "hash/digest.h"
#include "hash/fingerprint.h"

using namespace tocsin;

TEST_CASE("SHA-256 gives the digests of its standard") {
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("A digest is printed as far as asked") {
  CHECK(hex(sha256("abc"), 4) == "ba7816bf");
  CHECK(hex(sha256("abc"), 0).empty());
  CHECK(hex(sha256("abc"), 99).size() == 64);
}

TEST_CASE("HMAC-SHA-256 gives the codes of RFC 4231") {
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(std::string(131, '\xaa'),
                        "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("An empty key is a key of its own, not the one of the call before") {
  (void)hmac_sha256("secret", "text");
  CHECK(hex(hmac_sha256("", "")) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("Fingerprints depend on every byte and on the seed") {
  std::set<Fingerprint> seen;
  for (int length = 0; length < 300; ++length) {
    const std::string text(static_cast<std::size_t>(length), 'x');
    for (std::uint64_t seed : {0ULL, 1ULL, ~0ULL}) seen.insert(fingerprint128(text, seed));
  }
  CHECK(seen.size() == 900);
  CHECK(fingerprint128("user-1", 7) == fingerprint128("user-1", 7));
  CHECK(hash64("user-1", 7) != hash64("user-2", 7));
  CHECK(hash64("user-1", 7) != hash64("user-1", 8));
}

TEST_CASE("Values chosen to collide under one seed are spread by another") {
  // Such as meet in one of 4,096 slots without a seed, as somebody could find who knows the code.
  constexpr std::uint64_t kSlots = 4096;
  std::vector<std::string> chosen;
  for (int i = 0; chosen.size() < 1'000; ++i) {
    std::string value = "user-" + std::to_string(i);
    if (hash64(value, 0) % kSlots == 0) chosen.push_back(std::move(value));
  }
  // Steps to put all of them into a table that goes on to the next free slot.
  const auto steps = [&](std::uint64_t seed, const auto& value_of) {
    std::vector<bool> taken(kSlots, false);
    std::size_t count = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      std::uint64_t slot = hash64(value_of(i), seed) % kSlots;
      for (++count; taken[slot]; ++count) slot = (slot + 1) % kSlots;
      taken[slot] = true;
    }
    return count;
  };
  const auto hostile = [&](std::size_t i) { return chosen[i]; };
  const auto honest = [](std::size_t i) { return "honest-" + std::to_string(i); };
  CHECK(steps(0, hostile) == chosen.size() * (chosen.size() + 1) / 2);
  for (const std::uint64_t seed : {0x9E3779B97F4A7C15ULL, 1ULL, 0xFFFFFFFFFFFFFFFFULL}) {
    CHECK(steps(seed, hostile) <= 2 * steps(seed, honest));
  }
}

TEST_CASE("Fingerprints are the same in every build, for they are stored") {
  CHECK(hash64("", 0) == 0x2d06800538d394c2ULL);
  CHECK(fingerprint128("", 0) == Fingerprint{0x99aa06d3014798d8ULL, 0x6001c324468d497fULL});
}
