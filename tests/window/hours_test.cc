// SPDX-License-Identifier: Apache-2.0
#include "window/hours.h"

#include <catch2/catch.hpp>

using namespace tocsin;

namespace {

// Of November 2026, in UTC; the 20th is a Friday.
WallTime at(int day, int hour, int minute = 0) {
  using namespace std::chrono;
  return WallTime{sys_days{year{2026} / 11 / day} + hours{hour} + minutes{minute}};
}

Hours hours(std::initializer_list<int> days, int from, int until, const char* zone = "UTC") {
  Hours hours;
  hours.zone = zone;
  Hours::Range range;
  for (const int day : days) range.days.set(static_cast<std::size_t>(day));
  range.from = from * 60;
  range.until = until * 60;
  hours.ranges.push_back(range);
  return hours;
}

}  // namespace

TEST_CASE("Hours are half-open, on the days they name") {
  const Hours office = hours({1, 2, 3, 4, 5}, 8, 19);
  CHECK_FALSE(office.open(at(20, 7, 59)));
  CHECK(office.open(at(20, 8)));
  CHECK(office.open(at(20, 18, 59)));
  CHECK_FALSE(office.open(at(20, 19)));
  CHECK_FALSE(office.open(at(21, 12)));  // Saturday
  CHECK(office.open(at(23, 12)));
}

TEST_CASE("Hours over midnight belong to the day on which they begin") {
  const Hours night = hours({5}, 22, 6);
  CHECK_FALSE(night.open(at(20, 5)));
  CHECK(night.open(at(20, 23)));
  CHECK(night.open(at(21, 5, 59)));
  CHECK_FALSE(night.open(at(21, 6)));
  CHECK_FALSE(night.open(at(21, 23)));
}

TEST_CASE("Hours go by the clocks of their zone, and a whole day ends at midnight") {
  CHECK(hours({5}, 8, 19, "America/New_York").open(at(20, 23)));
  CHECK(hours({5}, 0, 24).open(at(20, 23, 59)));
  CHECK_FALSE(hours({5}, 0, 24).open(at(21, 0)));
}
