// SPDX-License-Identifier: Apache-2.0
#include "match/glob.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>

using tocsin::Glob;

namespace {

bool match(const char* pattern, std::string_view value) { return Glob(pattern).matches(value); }

// The definition itself, slow and plain.
bool naive(std::string_view pattern, std::string_view value) {
  if (pattern.empty()) return value.empty();
  if (pattern[0] == '*') {
    return naive(pattern.substr(1), value) || (!value.empty() && naive(pattern, value.substr(1)));
  }
  if (value.empty() || (pattern[0] != '?' && pattern[0] != value[0])) return false;
  return naive(pattern.substr(1), value.substr(1));
}

}  // namespace

TEST_CASE("A glob describes the whole value") {
  CHECK(match("gpt-4*", "gpt-4o-mini"));
  CHECK(match("gpt-4*", "gpt-4"));
  CHECK_FALSE(match("gpt-4*", "a gpt-4"));
  CHECK(match("*-mini", "gpt-4o-mini"));
  CHECK_FALSE(match("*-mini", "gpt-4o-mini-2024"));
  CHECK(match("claude-*-latest", "claude-3-5-sonnet-latest"));
  CHECK_FALSE(match("claude-*-latest", "claude-latest"));
  CHECK(match("*", ""));
  CHECK(match("**", "x"));
  CHECK_FALSE(match("", "x"));
  CHECK(match("a*a", "aa"));
  CHECK_FALSE(match("a*a", "a"));
}

TEST_CASE("A question mark is one character, however many bytes it has") {
  CHECK(match("caf?", "caf\xc3\xa9"));
  CHECK(match("?", "\xf0\x9f\x94\x94"));
  CHECK(match("*?", "x\xc3\xa9"));
  CHECK_FALSE(match("??", "\xc3\xa9"));
  CHECK_FALSE(match("?", ""));
  CHECK(match("?", "\xff"));
}

TEST_CASE("Nothing but the star and the question mark is special") {
  CHECK(match("a.b", "a.b"));
  CHECK_FALSE(match("a.b", "axb"));
  CHECK(match("[ab]\\*", "[ab]\\c"));
}

TEST_CASE("A glob agrees with its definition on any text") {
  const bool holds = rc::check([] {
    const auto text = rc::gen::container<std::string>(rc::gen::element('a', 'b', '*', '?'));
    const auto plain = rc::gen::container<std::string>(rc::gen::element('a', 'b'));
    const auto pattern = *rc::gen::resize(8, text);
    const auto value = *rc::gen::resize(12, plain);
    RC_ASSERT(Glob(pattern).matches(value) == naive(pattern, value));
  });
  CHECK(holds);
}

TEST_CASE("A hostile glob takes no exponential time") {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  CHECK_FALSE(Glob(pattern + "b").matches(std::string(5000, 'a')));
}
