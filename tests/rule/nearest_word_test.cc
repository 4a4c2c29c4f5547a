// SPDX-License-Identifier: Apache-2.0
#include "rule/nearest_word.h"

#include <array>
#include <catch2/catch.hpp>

using namespace tocsin;

TEST_CASE("Distance counts letters, a swap as one, case aside") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("window", "Window") == 0);
  CHECK(edit_distance("widnow", "window") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("The nearest word is offered only if it is near") {
  constexpr std::array<std::string_view, 3> kWords = {"info", "warning", "critical"};
  CHECK(nearest("warn", kWords) == "warning");
  CHECK(nearest("warnign", kWords) == "warning");
  CHECK(nearest("critcal", kWords) == "critical");
  CHECK_FALSE(nearest("page", kWords));
  CHECK(hint_for("warn", kWords) == "did you mean \"warning\"? Allowed: info, warning, critical");
  CHECK(hint_for("page", kWords) == "Allowed: info, warning, critical");
}

TEST_CASE("Words that are not built are not offered") {
  CHECK(hint_for("", words::kCondition) == "Allowed: not, matches, exists, above, below, in");
}
