// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace tocsin;

namespace {

Document parsed(std::string_view text) {
  Diagnostics diagnostics;
  auto document = parse_yaml("t.yaml", text, diagnostics);
  for (const auto& d : diagnostics) UNSCOPED_INFO(render(d));
  REQUIRE(document);
  CHECK(diagnostics.empty());
  return std::move(*document);
}

}  // namespace

TEST_CASE("Scalars are the text as typed, and say where they stand") {
  const auto document = parsed("name: caf\xc3\xa9 bar  # comment\nlist: [a, 'b''c', \"d\\\"e\"]\n");
  const Node& name = *document.root.find("name");
  CHECK(name.text == "caf\xc3\xa9 bar");
  CHECK(name.line == 1);
  CHECK(name.column == 7);
  CHECK_FALSE(name.quoted);
  const auto& items = document.root.find("list")->items;
  REQUIRE(items.size() == 3);
  CHECK(items[1].text == "b'c");
  CHECK(items[1].quoted);
  CHECK(items[2].text == "d\"e");
  CHECK(items[2].line == 2);
  CHECK(items[2].column == 19);
}

TEST_CASE("Lists and maps nest in both styles") {
  const auto document = parsed(
      "a:\n- b\n- c: d\n  e: [f, {g: h}] # x ] }\n- [i,\n   j]\nk: |\n  l\n  m\nn: >-\n  o\n  p\n");
  const Node& a = *document.root.find("a");
  REQUIRE(a.items.size() == 3);
  CHECK(a.items[1].find("e")->items[1].find("g")->text == "h");
  CHECK(a.items[2].items[1].text == "j");
  CHECK(document.root.find("k")->text == "l\nm\n");
  CHECK(document.root.find("n")->text == "o p");
  CHECK(document.root.find("nothing") == nullptr);
}

TEST_CASE("What was refused is marked, so that nobody complains of it again") {
  Diagnostics diagnostics;
  const auto document = parse_yaml("t.yaml", "a: !x\nb: c\n", diagnostics);
  REQUIRE(document);
  CHECK(document->root.find("a")->bad);
  CHECK_FALSE(document->root.find("b")->bad);
}

TEST_CASE("Any bytes are read or refused, never neither") {
  const bool holds = rc::check([] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "a", "b: ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", ",", ": ", "\"", "'",
        "#", " #", "*", "&", "!", "|", ">", "%", "@", "?", "? ", "---\n", "null", "~", "\\",
        "\xc3\xa9", "$1,000", "80%", "\t", "-"));
    std::string text;
    for (const auto& piece : pieces) text += piece;
    Diagnostics diagnostics;
    const auto document = parse_yaml("t.yaml", text, diagnostics);
    RC_ASSERT(document.has_value() || has_errors(diagnostics));
    for (const auto& d : diagnostics) {
      RC_ASSERT(d.line >= 1);
      RC_ASSERT(d.column >= 1);
      RC_ASSERT(!render(d).empty());
    }
  });
  CHECK(holds);
}
