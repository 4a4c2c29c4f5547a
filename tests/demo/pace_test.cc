// SPDX-License-Identifier: Apache-2.0
#include "demo/pace.h"

#include <catch2/catch.hpp>

namespace tocsin::demo {
namespace {

using std::chrono::milliseconds;
constexpr Pace::SteadyTime kPaceStart{std::chrono::hours{1}};

}  // namespace

TEST_CASE("A rate is kept to the last request, however the ticks fall") {
  Pace pace(1'200);
  CHECK(pace.due(kPaceStart) == 0);
  std::uint64_t all = 0;
  for (int ms = 1; ms <= 10'000; ms += ms % 3 + 1) all += pace.due(kPaceStart + milliseconds{ms});
  all += pace.due(kPaceStart + milliseconds{10'000});
  CHECK(all == 12'000);
}

TEST_CASE("A rate below one a tick still comes to its requests") {
  Pace pace(3);
  std::uint64_t all = 0;
  for (int ms = 0; ms <= 2'000; ++ms) all += pace.due(kPaceStart + milliseconds{ms});
  CHECK(all == 6);
}

TEST_CASE("After a pause no flood follows") {
  Pace pace(1'000);
  CHECK(pace.due(kPaceStart) == 0);
  CHECK(pace.due(kPaceStart + std::chrono::minutes{5}) == 100);
}

}  // namespace tocsin::demo
