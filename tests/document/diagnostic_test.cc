// SPDX-License-Identifier: Apache-2.0
#include "document/diagnostic.h"

#include <catch2/catch.hpp>

#include "document/source_text.h"

using namespace tocsin;

TEST_CASE("An error shows file, place, line, caret and what to write instead") {
  const Diagnostic error{.file = "rules/production.yaml",
                         .line = 9,
                         .column = 18,
                         .length = 4,
                         .message = "unknown severity \"warn\"",
                         .hint = "did you mean \"warning\"?",
                         .source_line = "    alert: {80%: warn, 100%: critical}"};
  CHECK(render(error) ==
        "rules/production.yaml:9:18: error: unknown severity \"warn\"\n"
        "   9 |     alert: {80%: warn, 100%: critical}\n"
        "     |                  ^^^^ did you mean \"warning\"?");
}

TEST_CASE("The caret stands under its character, whatever bytes are before it") {
  Diagnostics diagnostics;
  const auto source = SourceText::read("t", "a: \xc3\xa9\xf0\x9f\x94\x94 x\n", diagnostics);
  REQUIRE(source);
  CHECK(render(source->error(10, 1, "here")) ==
        "t:1:7: error: here\n   1 | a: \xc3\xa9\xf0\x9f\x94\x94 x\n     |       ^");
}

TEST_CASE("Of a long line the part around the error is shown") {
  const std::string line = std::string(500, 'a') + "X" + std::string(500, 'b');
  const Diagnostic error{.file = "t",
                         .line = 1,
                         .column = 501,
                         .length = 1,
                         .message = "here",
                         .hint = "",
                         .source_line = line};
  const std::string text = render(error);
  CHECK(text.size() < 500);
  const auto excerpt = text.substr(text.find(" | ") + 3);
  // The mark of the cut has three bytes and one column.
  CHECK(excerpt.find('X') == text.substr(text.rfind(" | ") + 3).find('^') + 2);
}

TEST_CASE("An error of a whole file has no place") {
  CHECK(render(file_error("t.yaml", "cannot read it")) == "t.yaml: error: cannot read it");
}

TEST_CASE("Errors are sorted by place, and told once") {
  const auto at = [](int line, int column, const char* text) {
    return Diagnostic{.file = "t",
                      .line = line,
                      .column = column,
                      .length = 1,
                      .message = text,
                      .hint = "",
                      .source_line = ""};
  };
  Diagnostics all{at(3, 1, "c"), at(1, 2, "b"), at(1, 2, "b"), at(1, 1, "a")};
  sort_and_unite(all);
  REQUIRE(all.size() == 3);
  CHECK(all[0].message == "a");
  CHECK(all[1].message == "b");
  CHECK(all[2].message == "c");
}
