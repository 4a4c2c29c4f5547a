// SPDX-License-Identifier: Apache-2.0
#include "alert/fold.h"

#include <catch2/catch.hpp>
#include <map>

using namespace tocsin;

namespace {

void add(Fold& fold, std::uint32_t rule, std::int64_t at, std::string_view group, int128 amount,
         std::int64_t ms) {
  Delta delta;
  delta.rule = rule;
  delta.at = at;
  delta.group = group;
  delta.amount = amount;
  delta.requests = 1;
  delta.latest = event_time_ms(ms);
  fold.add(delta);
}

}  // namespace

TEST_CASE("Amounts of one cell become one delta, in the order cells are first met") {
  Fold fold(1);
  add(fold, 0, 100, "b", 5, 7);
  add(fold, 0, 100, "a", 1, 3);
  add(fold, 0, 100, "b", 6, 2);
  add(fold, 1, 100, "b", 9, 1);
  add(fold, 0, 200, "b", 8, 1);
  const auto deltas = fold.deltas();
  REQUIRE(deltas.size() == 4);
  CHECK(deltas[0].group == "b");
  CHECK(deltas[0].amount == 11);
  CHECK(deltas[0].requests == 2);
  CHECK(deltas[0].latest == event_time_ms(7));
  CHECK(deltas[1].group == "a");
  CHECK(deltas[2].rule == 1);
  CHECK(deltas[3].at == 200);
}

TEST_CASE("A fold holds any number of cells, and is empty after clear") {
  Fold fold(2);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 60'000; ++i) {
      add(fold, 0, 0, "user-" + std::to_string(i % 20'000), i, i);
    }
    REQUIRE(fold.deltas().size() == 20'000);
    CHECK(fold.deltas()[19'999].group == "user-19999");
    CHECK(fold.deltas()[0].amount == 0 + 20'000 + 40'000);
    fold.clear();
    CHECK(fold.deltas().empty());
  }
}
