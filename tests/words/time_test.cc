// SPDX-License-Identifier: Apache-2.0
#include "tocsin/time.h"

#include <catch2/catch.hpp>
#include <type_traits>

namespace tocsin {

TEST_CASE("A window has its start and not its end; an empty one has nothing") {
  constexpr Window window{event_time_ms(10), event_time_ms(20)};
  STATIC_REQUIRE_FALSE(window.contains(event_time_ms(9)));
  STATIC_REQUIRE(window.contains(event_time_ms(10)));
  STATIC_REQUIRE(window.contains(event_time_ms(19)));
  STATIC_REQUIRE_FALSE(window.contains(event_time_ms(20)));
  STATIC_REQUIRE_FALSE(Window{event_time_ms(5), event_time_ms(5)}.contains(event_time_ms(5)));
}

TEST_CASE("Division rounds down on both sides of zero") {
  STATIC_REQUIRE(floor_div(7, 2) == 3);
  STATIC_REQUIRE(floor_div(-7, 2) == -4);
  STATIC_REQUIRE(floor_div(-8, 2) == -4);
  STATIC_REQUIRE(floor_div(-1, 1000) == -1);
  STATIC_REQUIRE(floor_div(0, 1000) == 0);
}

TEST_CASE("An event's time and this machine's are compared only by saying so") {
  STATIC_REQUIRE_FALSE(std::is_convertible_v<WallTime, EventTime>);
  STATIC_REQUIRE(as_event_time(WallTime{Millis{5}}) == event_time_ms(5));
}

}  // namespace tocsin
