// SPDX-License-Identifier: Apache-2.0
#include "cli/log_line.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "document/utf8.h"

using namespace tocsin;

TEST_CASE("A text without anything odd is logged as it is") {
  CHECK(log_line("Channel \xE2\x80\xBA"
                 "a\xC3\xA9\\x0a\" answered 403") ==
        "Channel \xE2\x80\xBA"
        "a\xC3\xA9\\x0a\" answered 403");
}

TEST_CASE("What ends a line, moves a cursor or reorders text is shown and does nothing") {
  CHECK(log_line("a\r\nb\tc") == "a\\x0d\\x0ab\\x09c");
  CHECK(log_line("\x1b[31m\x7f") == "\\x1b[31m\\x7f");
  CHECK(log_line("\xC2\x9B"
                 "31m") == "\\xc2\\x9b31m");             // C1: some terminals obey it
  CHECK(log_line("\xE2\x80\xA8") == "\\xe2\\x80\\xa8");  // a line end of Unicode
  CHECK(log_line("\xE2\x80\xAE") == "\\xe2\\x80\\xae");  // right to left from here
  CHECK(log_line("\xE2\x81\xA6") == "\\xe2\\x81\\xa6");
  CHECK(log_line("\xFF") == "\\xff");
  CHECK(log_line(std::string(1, '\0')) == "\\x00");
}

TEST_CASE("Any bytes are one line of UTF-8") {
  std::mt19937 random(11);
  for (int i = 0; i < 2'000; ++i) {
    std::string text(random() % 64, ' ');
    for (char& c : text) c = static_cast<char>(random());
    const std::string line = log_line(text);
    REQUIRE(is_utf8(line));
    for (const char c : line) REQUIRE(static_cast<unsigned char>(c) >= 0x20);
  }
}
