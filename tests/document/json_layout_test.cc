// SPDX-License-Identifier: Apache-2.0
#include "document/json_layout.h"

#include <catch2/catch.hpp>

using namespace tocsin;

TEST_CASE("Members of an object and lists of objects stand on lines of their own") {
  CHECK(laid_out(R"({"a":1,"b":[{"c":true},{}]})") == R"({
  "a": 1,
  "b": [
    {
      "c": true
    },
    {}
  ]
}
)");
}

TEST_CASE("A list of scalars stays on its line") {
  CHECK(laid_out(R"(["x","y,[z]",1,null])") == "[\"x\", \"y,[z]\", 1, null]\n");
}

TEST_CASE("What stands within a text is left as it is") {
  CHECK(laid_out(R"({"a":"{\"b\":[1, 2]}\\"})") == "{\n  \"a\": \"{\\\"b\\\":[1, 2]}\\\\\"\n}\n");
}
