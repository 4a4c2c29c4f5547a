// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "state/id_set.h"

using namespace tocsin;

namespace {

ClaimedId id(std::uint64_t n, std::int64_t second, std::uint32_t partition = 0) {
  return {fingerprint128(std::to_string(n), 1), partition, second};
}

}  // namespace

TEST_CASE("An id counts once until its partition has moved an hour on") {
  IdSet ids({});
  ids.move(0, 100'000);
  CHECK(ids.claim(id(1, 100'000)));
  CHECK_FALSE(ids.claim(id(1, 100'000)));
  CHECK_FALSE(ids.claim(id(1, 100'000, 1)));
  ids.move(0, 103'600);
  CHECK_FALSE(ids.claim(id(1, 103'600)));
  ids.move(0, 103'601);
  CHECK(ids.claim(id(1, 103'601)));
}

TEST_CASE("Ids beyond the limit are forgotten oldest first, and counted") {
  IdSet ids({.horizon_seconds = 3600, .ids_max = 64 * 100});
  for (std::uint64_t n = 0; n < 40'000; ++n) {
    ids.move(0, 100'000 + static_cast<std::int64_t>(n / 100));
    CHECK(ids.claim(id(n, 100'000 + static_cast<std::int64_t>(n / 100))));
  }
  CHECK(ids.forgotten_early() > 20'000);
  CHECK(ids.size() < 64 * 256);
  CHECK_FALSE(ids.claim(id(39'999, 100'399)));
}

TEST_CASE("An id stamped 2099 is not kept till then") {
  IdSet ids({});
  ids.move(0, 1'700'000'000);
  CHECK(ids.claim(id(1, 4'000'000'000)));
  CHECK(ids.expired(0, 4'000'000'000));
}
