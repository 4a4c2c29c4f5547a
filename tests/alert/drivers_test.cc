// SPDX-License-Identifier: Apache-2.0
#include "alert/drivers.h"

#include <catch2/catch.hpp>
#include <string>

using namespace tocsin;

namespace {

std::string text_of(const std::vector<Alert::Driver>& drivers) {
  std::string text;
  for (const auto& one : drivers) {
    text += (text.empty() ? "" : ", ") + one.field + "=" + one.value + " " +
            (one.approximate ? "~" : "") + decimal_text(one.amount, 0);
  }
  return text;
}

// As a batch of requests is folded in: each has all of its amount, and its values.
void spend(Drivers& drivers, std::string_view feature, std::string_view user, int128 amount) {
  drivers.follow(drivers.total(), drivers.total() + amount);
  drivers.add_all(amount, false);
  drivers.add(DriverField::feature, feature, amount);
  drivers.add(DriverField::user, user, amount);
}

}  // namespace

TEST_CASE("What drives a sum is exact while a field has eight values") {
  Drivers drivers;
  for (int i = 0; i < 8; ++i) spend(drivers, "f" + std::to_string(i), "ada", 100 * (i + 1));
  // 3,600 in all; 800, 700 and 600 of them are the three largest.
  CHECK(text_of(drivers.largest(3'600)) ==
        "Feature=f7 800, Feature=f6 700, Feature=f5 600, user=ada 3600");
}

TEST_CASE("Values of less than a twentieth are left out") {
  Drivers drivers;
  spend(drivers, "chat", "ada", 960);
  spend(drivers, "search", "ada", 40);
  CHECK(text_of(drivers.largest(1'000)) == "Feature=chat 960, user=ada 1000");
}

TEST_CASE("Of more values than are kept those are told that are surely large, as about so much") {
  Drivers drivers;
  // 1,000 users of 1 each, and one of 450 among the last 900: a third of the sum is hers. When she
  // came, some of the hundred before her were counted as eight.
  for (int i = 0; i < 1'000; ++i) {
    spend(drivers, "chat", "user-" + std::to_string(i), 1);
    if (i >= 100 && i % 2 == 0) spend(drivers, "chat", "mallory", 1);
  }
  const auto told = drivers.largest(1'450);
  REQUIRE(told.size() == 2);
  CHECK(told[0].value == "chat");
  CHECK_FALSE(told[0].approximate);
  CHECK(told[1].value == "mallory");
  CHECK(told[1].approximate);
  CHECK(told[1].amount >= 450);
  CHECK(told[1].amount <= 475);
}

TEST_CASE("Nobody stands out where everybody is alike") {
  Drivers drivers;
  for (int i = 0; i < 1'000; ++i) spend(drivers, "chat", "user-" + std::to_string(i), 1);
  CHECK(text_of(drivers.largest(1'000)) == "Feature=chat 1000");
}

TEST_CASE("What came past is known to be missing, and shares stand for amounts") {
  Drivers drivers;
  spend(drivers, "chat", "ada", 30);
  spend(drivers, "search", "ada", 10);
  drivers.follow(140, 150);  // of 100 nothing is known
  drivers.add_all(10, false);
  drivers.add(DriverField::feature, "chat", 10);
  // Of 50 that are known chat has 40: 80 % of the 150.
  CHECK(text_of(drivers.largest(150)) == "Feature=chat ~120, Feature=search ~30, user=ada ~120");
}

TEST_CASE("A sample tells shares") {
  Drivers drivers;
  drivers.follow(0, 1'000);
  drivers.add_all(160, true);
  drivers.add(DriverField::model, "gpt-4o", 120);
  CHECK(text_of(drivers.largest(1'000)) == "model=gpt-4o ~750");
}

TEST_CASE("What drives a sum survives the state") {
  Drivers drivers;
  for (int i = 0; i < 20; ++i)
    spend(drivers, "f" + std::to_string(i % 3), "u" + std::to_string(i), 50);
  Drivers read;
  REQUIRE(Drivers::decode(drivers.encode(), read));
  CHECK(read.encode() == drivers.encode());
  CHECK(text_of(read.largest(1'000)) == text_of(drivers.largest(1'000)));
  for (const auto& part : {std::string(), std::string("\x02"), drivers.encode() + "x"}) {
    CHECK_FALSE(Drivers::decode(part, read));
  }
}
