// SPDX-License-Identifier: Apache-2.0
#include "alert/drivers.h"

#include <catch2/catch.hpp>
#include <string>

using namespace tocsin;

namespace {

std::string text_of(const std::vector<Alert::Driver>& drivers) {
  std::string text;
  for (const auto& one : drivers) {
    text += (text.empty() ? "" : ", ") + std::string(name(one.field)) + "=" + one.value + " " +
            (one.approximate ? "~" : "") + decimal_text(one.amount, 0);
  }
  return text;
}

// A window's, or some of them together.
struct Told {
  DriverValues& held;
  Drivers drivers{};

  void spend(std::string_view feature, std::string_view user, int128 amount, bool sampled = false) {
    const Drivers::Values values{held.take(feature), 0, 0, held.take(user)};
    drivers.add(values, amount, sampled, held);
    held.drop(values[0]);
    held.drop(values[3]);
  }
  std::string of(int128 value) const { return of(value, {&drivers}); }
  std::string of(int128 value, const std::vector<const Drivers*>& windows) const {
    return text_of(Drivers::largest(windows, held, value));
  }
};

std::string numbered(char letter, int number) { return letter + std::to_string(number); }

}  // namespace

TEST_CASE("What drives a sum is exact while a field has eight values") {
  DriverValues held;
  Told told{held};
  for (int i = 0; i < 8; ++i) told.spend(numbered('f', i), "ada", 100 * (i + 1));
  // 3,600 in all; 800, 700 and 600 of them are the three largest.
  CHECK(told.of(3'600) == "Feature=f7 800, Feature=f6 700, Feature=f5 600, user=ada 3600");
}

TEST_CASE("Values of less than a twentieth are left out") {
  DriverValues held;
  Told told{held};
  told.spend("chat", "ada", 960);
  told.spend("search", "ada", 40);
  CHECK(told.of(1'000) == "Feature=chat 960, user=ada 1000");
}

TEST_CASE("Of more values than are kept those are told that are surely large, as about so much") {
  DriverValues held;
  Told told{held};
  // 1,000 users of 1 each, and one of 450 among the last 900: a third of the sum is hers. When she
  // came, some of the hundred before her were counted as eight.
  for (int i = 0; i < 1'000; ++i) {
    told.spend("chat", numbered('u', i), 1);
    if (i >= 100 && i % 2 == 0) told.spend("chat", "mallory", 1);
  }
  const Drivers* const window = &told.drivers;
  const auto largest = Drivers::largest({&window, 1}, held, 1'450);
  REQUIRE(largest.size() == 2);
  CHECK(largest[0].value == "chat");
  CHECK_FALSE(largest[0].approximate);
  CHECK(largest[1].value == "mallory");
  CHECK(largest[1].approximate);
  CHECK(largest[1].amount >= 450);
  CHECK(largest[1].amount <= 475);
}

TEST_CASE("Nobody stands out where everybody is alike") {
  DriverValues held;
  Told told{held};
  for (int i = 0; i < 1'000; ++i) told.spend("chat", numbered('u', i), 1);
  CHECK(told.of(1'000) == "Feature=chat 1000");
}

TEST_CASE("Where the sum has more than is known, shares stand for amounts") {
  DriverValues held;
  Told told{held};
  told.spend("chat", "ada", 40);
  told.spend("search", "ada", 10);
  // Of 50 that are known chat has 40: 80 % of the 60.
  CHECK(told.of(60) == "Feature=chat ~48, Feature=search ~12, user=ada ~60");
  // Of four fifths at least: else what is not known may change who is first.
  CHECK_FALSE(told.of(62).empty());
  CHECK(told.of(63).empty());
}

TEST_CASE("A sample tells shares, even where it comes to the sum") {
  DriverValues held;
  Told told{held};
  told.spend("chat", "ada", 120, true);
  told.spend("search", "bob", 40, true);
  CHECK(told.of(200) == "Feature=chat ~150, Feature=search ~50, user=ada ~150, user=bob ~50");
  CHECK(told.of(160) == "Feature=chat ~120, Feature=search ~40, user=ada ~120, user=bob ~40");
}

TEST_CASE("Of two windows together the shares are told that both have, or one") {
  DriverValues held;
  Told before{held}, now{held};
  before.spend("chat", "ada", 30);
  before.spend("search", "ada", 30);
  now.spend("chat", "bob", 40);
  const std::vector<const Drivers*> both = {&before.drivers, &now.drivers};
  CHECK(now.of(100, both) == "Feature=chat 70, Feature=search 30, user=ada 60, user=bob 40");
  // A window that covers a half of the first: 70 of the 100 are 49 of the 70.
  CHECK(now.of(70, both) == "Feature=chat ~49, Feature=search ~21, user=ada ~42, user=bob ~28");
}

TEST_CASE("Amounts beyond 64 bits are known to as many digits as these hold") {
  DriverValues held;
  Told told{held};
  const int128 much = int128{1} << 80;
  told.spend("search", "ada", 1'000);
  told.spend("chat", "ada", 3 * much);
  told.spend("search", "ada", much);
  CHECK(told.of(4 * much + 1'000) == "Feature=chat ~" + decimal_text(3 * much + 750, 0) +
                                         ", Feature=search ~" + decimal_text(much + 250, 0) +
                                         ", user=ada ~" + decimal_text(4 * much + 1'000, 0));
}

TEST_CASE("What drives a sum survives the state") {
  DriverValues held;
  Told told{held};
  for (int i = 0; i < 20; ++i) told.spend(numbered('f', i % 3), numbered('u', i), 50);
  const std::string row = told.drivers.encode(held);
  DriverValues others;
  Told read{others};
  REQUIRE(Drivers::decode(row, read.drivers, others));
  CHECK(read.drivers.encode(others) == row);
  CHECK(read.of(1'000) == told.of(1'000));
  const std::size_t kept = others.size();
  for (const auto& part : {std::string(), std::string("\x01"), row + "x", row.substr(0, 40)}) {
    CHECK_FALSE(Drivers::decode(part, read.drivers, others));
  }
  CHECK(others.size() == kept);
}

TEST_CASE("A value that nobody holds any more is forgotten") {
  DriverValues held;
  Told told{held};
  for (int i = 0; i < 100; ++i) told.spend("chat", numbered('u', i), 1);
  CHECK(held.size() == 1 + Drivers::kMost);
  told.drivers.let_go(held);
  CHECK(held.size() == 0);
  CHECK(held.bytes() == 0);
}
