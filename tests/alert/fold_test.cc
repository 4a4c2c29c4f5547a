// SPDX-License-Identifier: Apache-2.0
#include "alert/fold.h"

#include <catch2/catch.hpp>
#include <map>

using namespace tocsin;

TEST_CASE("Amounts of one cell become one delta, in the order cells are first met") {
  Fold fold(1);
  fold.add(0, 100, "b", 5, event_time_ms(7));
  fold.add(0, 100, "a", 1, event_time_ms(3));
  fold.add(0, 100, "b", 6, event_time_ms(2));
  fold.add(1, 100, "b", 9, event_time_ms(1));
  fold.add(0, 200, "b", 8, event_time_ms(1));
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
      fold.add(0, 0, "user-" + std::to_string(i % 20'000), i, event_time_ms(i));
    }
    REQUIRE(fold.deltas().size() == 20'000);
    CHECK(fold.deltas()[19'999].group == "user-19999");
    CHECK(fold.deltas()[0].amount == 0 + 20'000 + 40'000);
    fold.clear();
    CHECK(fold.deltas().empty());
  }
}
