// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "collect.h"

using namespace tocsin;

TEST_CASE("Every JSON example in docs/events.md is an event") {
  std::ifstream file(std::string(TOCSIN_SOURCE_DIR) + "/docs/events.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string open = "```json\n";
  int examples = 0;
  for (std::size_t at = text.find(open); at != std::string::npos; at = text.find(open, at)) {
    at += open.size();
    const std::size_t end = text.find("```", at);
    REQUIRE(end != std::string::npos);
    INFO(text.substr(at, end - at));
    const Decoded decoded(text.substr(at, end - at));
    CHECK(decoded.bad.empty());
    CHECK_FALSE(decoded.events.empty());
    ++examples;
  }
  CHECK(examples >= 4);
}
