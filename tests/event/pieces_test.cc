// SPDX-License-Identifier: Apache-2.0
#include "event/pieces.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace tocsin;

namespace {

using Texts = std::vector<std::string>;

Texts cut(const std::string& body, std::size_t max) {
  const auto pieces = Pieces::cut(body, max);
  if (!pieces) return {"too large"};
  Texts texts;
  for (const auto& piece : pieces->all()) texts.emplace_back(piece.bytes);
  return texts;
}

std::vector<std::size_t> firsts(const std::string& body, std::size_t max) {
  std::vector<std::size_t> elements;
  const auto pieces = Pieces::cut(body, max);
  REQUIRE(pieces);
  for (const auto& piece : pieces->all()) elements.push_back(piece.first_element);
  return elements;
}

// A field of protobuf that holds bytes.
std::string field(int number, const std::string& content) {
  std::string out(1, static_cast<char>(number << 3 | 2));
  std::size_t size = content.size();
  for (; size >= 0x80; size >>= 7) out += static_cast<char>(size | 0x80);
  return out + static_cast<char>(size) + content;
}

}  // namespace

TEST_CASE("A body that is small enough stays as it came, whatever it is") {
  for (const std::string body : {"", "{", "[1,", "\n\x7b", "rubbish"}) {
    CHECK(cut(body, 10) == Texts{body});
  }
}

TEST_CASE("An array is cut between its elements, whatever brackets and quotes are in them") {
  CHECK(cut(R"([{"a":"]"},{"b":"\"}"},[3,[4]],5 , "x,y"])", 24) ==
        Texts{R"([{"a":"]"},{"b":"\"}"}])", R"([[3,[4]],5,"x,y"])"});
  CHECK(firsts(R"([{"a":"]"},{"b":"\"}"},[3,[4]],5 , "x,y"])", 24) ==
        std::vector<std::size_t>{0, 2});
}

TEST_CASE("Objects one a line are cut between lines, and each line keeps its number") {
  CHECK(cut("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}", 17) ==
        Texts{"{\"a\":1}\n\n{\"b\":2}\r", "{\"c\":3}"});
  CHECK(firsts("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}", 17) == std::vector<std::size_t>{0, 3});
}

TEST_CASE("OTLP as JSON is cut between resources, scopes and spans, each with what is around it") {
  const std::string body =
      R"({"resourceSpans":[{"resource":{"a":1},"scopeSpans":[{"scope":{"b":2},)"
      R"("spans":[{"s":1},{"s":2},{"s":3}]},{"spans":[{"s":4}]}]},{"x":5}]})";
  const std::string all =
      R"({"resourceSpans":[{"resource":{"a":1},"scopeSpans":[{"scope":{"b":2},)";
  CHECK(
      cut(body, all.size() + 30) ==
      Texts{
          all + R"("spans":[{"s":1},{"s":2}]}]}]})", all + R"("spans":[{"s":3}]}]}]})",
          R"({"resourceSpans":[{"resource":{"a":1},"scopeSpans":[{"spans":[{"s":4}]}]},{"x":5}]})"});
}

TEST_CASE("OTLP as protobuf is cut between resources, scopes and spans, each with what is around") {
  const std::string resource = field(1, "resource"), scope = field(1, "scope");
  const auto span = [](char c) { return field(2, std::string(200, c)); };
  const auto whole = [&](const std::string& spans) {
    return field(1, resource + field(2, scope + spans));
  };
  CHECK(cut(whole(span('a') + span('b') + span('c')), 500) ==
        Texts{whole(span('a') + span('b')), whole(span('c'))});
  CHECK(cut(whole(span('a')) + whole(span('b')), 300) == Texts{whole(span('a')), whole(span('b'))});
  CHECK(cut(whole(span('a')), 150) == Texts{"too large"});
}

TEST_CASE("Protobuf that begins as JSON could is cut as what it is") {
  const std::string one = field(1, field(3, std::string(121, 'x')));
  REQUIRE(one.substr(0, 2) == "\n{");
  CHECK(cut(one + one + one, 260) == Texts{one + one, one});
}

TEST_CASE("Long texts of an element that is too large are emptied, and of no other") {
  const std::string prompt(5000, 'p'), other(3000, 'o');
  const std::string large = R"({"messages":")" + prompt + R"(","k":")" + other + R"("})";
  const std::string small = R"({"messages":"","k":")" + other + R"("})";
  CHECK(cut(large, 4000) == Texts{small});
  CHECK(cut("[" + large + ",{\"a\":1}]", 4000) == Texts{"[" + small + ",{\"a\":1}]"});
  CHECK(cut(large + "\n{\"a\":1}", 4000) == Texts{small + "\n{\"a\":1}"});
  CHECK(cut("[" + large + "]", 6000) == Texts{"[" + small + "]"});
  CHECK(cut(R"({"k":")" + other + R"("})", 2000) == Texts{"too large"});
}

TEST_CASE("What is too large and broken is refused, not cut by guess") {
  const std::string x(100, 'x');
  for (const std::string& body :
       {"[{\"a\":\"" + x, "{\"a\":\"" + x, "[" + x + "] " + x, "[1 2 " + x + "]", "[\"" + x + "\"",
        "{\"resourceSpans\":[\"" + x, x, field(1, x).substr(0, 90),
        "\n\xff\xff\xff\xff\xff\xff" + x, std::string(200, '['), std::string(200, '\n')}) {
    CAPTURE(body);
    CHECK(cut(body, 50) == Texts{"too large"});
  }
}

TEST_CASE("A million elements are cut in a moment") {
  std::string body = "[{}";
  for (int i = 1; i < 1'000'000; ++i) body += ",{}";
  const auto pieces = Pieces::cut(body + "]", 900'000);
  REQUIRE(pieces);
  CHECK(pieces->all().size() == 4);
}
