// SPDX-License-Identifier: Apache-2.0
#include "alert/peaks.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tocsin/group.h"

using namespace tocsin;

TEST_CASE("The highest windows are kept, each once, the highest first") {
  Peaks peaks;
  peaks.offer(1, "ann", 10, std::nullopt);
  peaks.offer(2, "ann", 30, std::nullopt);
  peaks.offer(1, "ben", 20, std::nullopt);
  peaks.offer(1, "ann", 40, std::nullopt);
  peaks.offer(2, "ann", 25, std::nullopt);
  REQUIRE(peaks.highest().size() == 3);
  CHECK(peaks.highest()[0].value == 40);
  CHECK(peaks.highest()[0].group == "ann");
  CHECK(peaks.highest()[1].value == 30);
  CHECK(peaks.highest()[2].value == 20);
}

TEST_CASE("With budgets the share counts, not the amount") {
  Peaks peaks;
  peaks.offer(1, "big", 50, 100);
  peaks.offer(1, "small", 9, 10);
  CHECK(peaks.highest()[0].group == "small");
  CHECK(peaks.highest()[0].score == 900'000);
}

TEST_CASE("Only so many are kept, and they are the highest") {
  Peaks peaks;
  for (int i = 0; i < 1000; ++i) peaks.offer(i * 7919 % 1000, "", i * 7919 % 1000, std::nullopt);
  REQUIRE(peaks.highest().size() == Peaks::kKept);
  CHECK(peaks.highest().front().value == 999);
  CHECK(peaks.highest().back().value == 1000 - static_cast<int>(Peaks::kKept));
}

TEST_CASE("Windows are counted once, whatever their order") {
  Peaks peaks;
  for (const int start : {1, 1, 2, 1, 3}) peaks.window(start);
  CHECK(peaks.windows() == 3);
}

TEST_CASE("What was spent beyond budgets is known, by group and in all") {
  Peaks peaks;
  peaks.spent("ann", 0, 4, 5);
  peaks.spent("ann", 4, 7, 5);   // 2 beyond
  peaks.spent("ann", 7, 10, 5);  // and 3
  peaks.spent("ann", 0, 6, 5);   // another window: 1
  peaks.spent("ben", 0, 5, 5);   // reached, and not beyond
  peaks.spent("cy", 0, 3, 100);
  const auto beyond = peaks.beyond();
  CHECK(beyond.groups == 3);
  CHECK(beyond.over_groups == 1);
  CHECK(beyond.spent == 24);
  CHECK(beyond.beyond == 6);
}

TEST_CASE("What lies in groups without a value is known by field, and of all that was counted") {
  const auto key = [](const std::vector<std::string>& values) {
    std::string group;
    for (const auto& value : values) append_group_value(group, value);
    return group;
  };
  Peaks peaks;
  peaks.took(key({"search", "gpt-4o"}), 700);
  peaks.took(key({"", "gpt-4o"}), 200);
  peaks.took(key({std::string(300, 'x'), ""}), 30);
  peaks.took(key({"", ""}), 5);
  peaks.took(key({"(none)", "gpt-4o"}), 60);  // a team that calls itself so
  peaks.took(kOverflowGroup, 1'000);
  CHECK(peaks.unfilled().total == 1'995);
  CHECK(peaks.unfilled().without[0] == 205);
  CHECK(peaks.unfilled().without[1] == 35);
  CHECK(peaks.unfilled().without[2] == 0);
}

TEST_CASE("Groups are told apart however many there are, and however often each spends") {
  Peaks peaks;
  constexpr int kGroups = 20'000;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kGroups; ++i) {
      peaks.spent("g" + std::to_string(i), 0, i % 4 == 0 ? 3 : 1, 2);
    }
  }
  CHECK(peaks.beyond().groups == kGroups);
  CHECK(peaks.beyond().over_groups == kGroups / 4);
}
