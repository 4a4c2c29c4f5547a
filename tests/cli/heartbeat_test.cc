// SPDX-License-Identifier: Apache-2.0
#include "cli/heartbeat.h"

#include <catch2/catch.hpp>

namespace tocsin {
namespace {

TEST_CASE("A thread stands still until its first turn, and whenever it has not turned since") {
  std::uint64_t turns = 0;
  PulseWatch watch({{"state thread", [&] { return turns; }, {}}});
  CHECK(watch.standing_still() == std::vector<std::string>{"state thread"});
  turns = 1;
  CHECK(watch.standing_still().empty());
  CHECK(watch.standing_still() == std::vector<std::string>{"state thread"});
}

TEST_CASE("One thread that stands still is named among others that turn") {
  std::uint64_t turns = 0;
  PulseWatch watch({{"state thread", [&] { return ++turns; }, {}},
                    {"notifier", [] { return std::uint64_t{7}; }, {}}});
  CHECK(watch.standing_still().empty());
  CHECK(watch.standing_still() == std::vector<std::string>{"notifier"});
}

TEST_CASE("A thread that waits is woken by each look, and proves itself by the next") {
  std::uint64_t rounds = 1;
  PulseWatch watch({{"notifier", [&] { return rounds; }, [&] { ++rounds; }}});
  for (int look = 0; look < 3; ++look) CHECK(watch.standing_still().empty());
}

TEST_CASE("A thread that has nothing more to do does not stand still") {
  PulseWatch watch({{"decode worker 0", [] { return Pulse::kEnded; }, {}}});
  for (int look = 0; look < 3; ++look) CHECK(watch.standing_still().empty());
}

}  // namespace
}  // namespace tocsin
