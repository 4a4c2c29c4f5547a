// SPDX-License-Identifier: Apache-2.0
#include "document/json_writer.h"

#include <catch2/catch.hpp>

#include "document/utf8.h"

using tocsin::JsonWriter;

TEST_CASE("Objects and arrays nest, with commas where they belong") {
  std::string out;
  JsonWriter json(out);
  json.begin_object().text("a", "b").key("c").begin_array();
  json.number(1).null().boolean(true).begin_object().end_object().begin_array().end_array();
  json.end_array().key("d").raw_number("0.000000000001").number("e", -5).boolean("f", false);
  json.end_object();
  CHECK(out == R"({"a":"b","c":[1,null,true,{},[]],"d":0.000000000001,"e":-5,"f":false})");
}

TEST_CASE("It appends to what is there") {
  std::string out = "x=";
  JsonWriter(out).begin_array().text("a").text("b").end_array();
  CHECK(out == R"(x=["a","b"])");
}

TEST_CASE("Text is escaped strictly and always valid UTF-8") {
  const auto escaped = [](std::string_view text) {
    std::string out;
    tocsin::append_json_escaped(out, text);
    CHECK(tocsin::is_utf8(out));
    return out;
  };
  CHECK(escaped("a\"b\\c") == R"(a\"b\\c)");
  CHECK(escaped("\n\r\t") == R"(\n\r\t)");
  CHECK(escaped(std::string_view("\0\x1f\x7f", 3)) == R"(\u0000\u001f\u007f)");
  CHECK(escaped("\xe2\x80\xa8") == R"(\u2028)");
  CHECK(escaped("\xc3\xa9\xf0\x9f\x94\x94") == "\xc3\xa9\xf0\x9f\x94\x94");
  CHECK(escaped("a\xff\xc3") == "a\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}
