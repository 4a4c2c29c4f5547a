// SPDX-License-Identifier: Apache-2.0
#include "match/pattern.h"

#include <catch2/catch.hpp>
#include <string>

using tocsin::Pattern;

TEST_CASE("A pattern describes the whole value") {
  const auto pattern = Pattern::compile("gpt-(4|5).*");
  REQUIRE(pattern);
  CHECK(pattern->matches("gpt-4o"));
  CHECK_FALSE(pattern->matches("my gpt-4o"));
  CHECK(Pattern::compile("a|ab")->matches("ab"));
}

TEST_CASE("A pattern's dot is one character") {
  CHECK(Pattern::compile("caf.")->matches("caf\xc3\xa9"));
}

TEST_CASE("What is no regular expression is refused with the reason") {
  const auto broken = Pattern::compile("gpt-(4");
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "this is no regular expression: missing ): gpt-(4");
  CHECK_FALSE(Pattern::compile("(?=x)"));
  CHECK_FALSE(Pattern::compile("((a{1000}){1000}){1000}"));
}

TEST_CASE("A hostile pattern stays linear") {
  const auto pattern = Pattern::compile("(a*)*b");
  REQUIRE(pattern);
  CHECK_FALSE(pattern->matches(std::string(50000, 'a')));
}
