// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/key_table.h"

using namespace tocsin;

namespace {

std::string refused_errors(const std::string& keys) { return errors_of(rule_with(keys)); }
std::string not_built(const std::string& text) { return "\"" + text + "\" is not built yet"; }

}  // namespace

TEST_CASE("Every key of the language that is not built is refused by its name") {
  int count = 0;
  for (const Word& word : words::kRule) {
    if (word.built == Built::yes) continue;
    ++count;
    CHECK(refused_errors("window: day\nbudget: $1\n" + std::string(word.text) + ": x") ==
          "5:5: " + not_built(std::string(word.text)));
  }
  CHECK(count == 1);
}

TEST_CASE("An unknown word gets the nearest one, and never one that is not built") {
  CHECK(refused_errors("windw: day\nwindow: day\nbudget: $1")
            .starts_with("3:5: unknown key \"windw\" | did you mean \"window\"? Allowed: name, "));
  CHECK(refused_errors("window: day\nmetric: csot\nbudget: $1")
            .starts_with("4:13: unknown metric \"csot\" | did you mean \"cost\"? Allowed: cost, "));
  CHECK(refused_errors("window: day\nbudget: $1\nzzz: 1").find("enforce") == std::string::npos);
}
