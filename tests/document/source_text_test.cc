// SPDX-License-Identifier: Apache-2.0
#include "document/source_text.h"

#include <catch2/catch.hpp>

#include "document/utf8.h"

using namespace tocsin;

TEST_CASE("Places are lines and characters from 1") {
  Diagnostics diagnostics;
  const auto source = SourceText::read("t", "\xef\xbb\xbf\xc3\xa9z\r\nb\n", diagnostics);
  REQUIRE(source);
  CHECK(source->text() == "\xc3\xa9z\nb\n");
  CHECK(source->place(2).column == 2);
  CHECK(source->place(4).line == 2);
  CHECK(source->place(4).column == 1);
  CHECK(source->lines() == 2);
  CHECK(source->line(2) == "b");
  CHECK(source->line(3).empty());
}

TEST_CASE("UTF-16 is named as what it is") {
  Diagnostics diagnostics;
  CHECK_FALSE(SourceText::read("t",
                               std::string_view("\xff\xfe"
                                                "a\0",
                                                4),
                               diagnostics));
  CHECK(render(diagnostics.at(0)) == "t: error: the file is UTF-16; save it as UTF-8");
}

TEST_CASE("The end of a file is a place on its last line") {
  Diagnostics diagnostics;
  const auto source = SourceText::read("t", "a\nbc\n", diagnostics);
  REQUIRE(source);
  CHECK(source->place(5).line == 2);
  CHECK(source->place(5).column == 3);
  CHECK(source->place(4).column == 3);
}

TEST_CASE("Text in messages holds nothing that cannot be seen") {
  CHECK(quoted("caf\xc3\xa9") == "\"caf\xc3\xa9\"");
  CHECK(quoted(std::string_view("a\n\0b\xff", 5)) == "\"a\\x0A\\x00b\\xFF\"");
  CHECK(character_count(quoted(std::string(1000, 'x'))) == 63);
}

TEST_CASE("Look-alikes are known by what they look like") {
  CHECK(code_point(0xff05) == "U+FF05");
  CHECK(look_alike(0xff05) == "%");
  CHECK(look_alike(0x2212) == "-");
  CHECK(look_alike(0xa0) == "a space");
  CHECK(look_alike(0xff13) == "3");
  CHECK(look_alike('%').empty());
}
