// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "document/yaml.h"

using tocsin::Diagnostics;
using tocsin::parse_yaml;

namespace {

// The errors of a text, one a line: "line:column: message | hint".
std::string errors(std::string_view text) {
  Diagnostics diagnostics;
  const auto document = parse_yaml("t.yaml", text, diagnostics);
  if (!document && diagnostics.empty()) return "no document and no error";
  sort_and_unite(diagnostics);
  std::string out;
  for (const auto& d : diagnostics) {
    if (!out.empty()) out += "\n";
    out += std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message;
    if (!d.hint.empty()) out += " | " + d.hint;
  }
  return out;
}

struct Hazard {
  const char* name;
  const char* text;
  const char* errors;
};

void check(std::initializer_list<Hazard> hazards) {
  for (const Hazard& hazard : hazards) {
    INFO(hazard.name);
    CHECK(errors(hazard.text) == hazard.errors);
  }
}

}  // namespace

TEST_CASE("A quote that is not closed on its line swallows nothing") {
  check({
      {"the last line of a rule, more rules after",
       "rules:\n  - name: a\n    summary: \"oops\n  - name: b\n",
       "3:14: this quote is never closed on its line"},
      {"closed two rules later",
       "rules:\n  - name: a\n    summary: 'it\n  - name: b\n    summary: x'\n",
       "3:14: this quote is never closed on its line"},
      {"closed by the next quote", "a: \"oops\nb: \"c\"\nd: \"e\"\n",
       "1:4: this quote is never closed on its line"},
      {"an escaped line end", "a: \"oops\\\n  more\"\n",
       "1:4: this quote is never closed on its line"},
  });
}

TEST_CASE("A file is one document") {
  check({
      {"a second one", "a: b\n\n---\nc: d\n", "3:1: one document per file"},
      {"after an end", "a: b\n...\nc: d\n", "2:1: one document per file"},
      {"a start alone is fine", "# rules\n---\na: b\n", ""},
      {"an empty one", "# nothing\n", "1:1: nothing is written here"},
      {"no byte", "", "1:1: nothing is written here"},
  });
}

TEST_CASE("A line that starts with % is not dropped") {
  check({
      {"the first", "%80: warning\na: b\n",
       "1:1: a line may not start with % | indent it, or quote the text"},
      {"a later one", "a:\n  b: c\n%80: warning\n",
       "3:1: a line may not start with % | indent it, or quote the text"},
      {"within a value", "a: {%x: b}\n", "1:5: text that starts with % needs quotes"},
  });
}

TEST_CASE("A tag is refused, and its meaning told") {
  check({
      {"without a blank", "where: {Environment: !production}\n",
       "1:22: \"!production\" is a YAML tag, so this would match an empty Environment | write "
       "{not: production}"},
      {"with a blank", "where: {Environment: ! production}\n",
       "1:22: \"! production\" is a YAML tag, so this would match Environment = production | write "
       "{not: production}"},
      {"elsewhere", "name: !x\n", "1:7: \"!x\" is a YAML tag | quote text that starts with !"},
      {"of a map", "a: ! {b: c}\n", "1:4: \"!\" is a YAML tag | quote text that starts with !"},
      {"of YAML's own", "a: !!str b\n",
       "1:4: \"!!str b\" is a YAML tag | quote text that starts with !"},
      {"quoted it is text", "where: {Environment: \"!production\"}\n", ""},
  });
}

TEST_CASE("Patterns need quotes, and errors say which") {
  check({
      {"a star", "model: *-mini\n", "1:8: a pattern that starts with * needs quotes: \"*-mini\""},
      {"a star in a list", "model: [gpt-4o, *-mini]\n",
       "1:17: a pattern that starts with * needs quotes: \"*-mini\""},
      {"brackets in braces", "where: {model: [gc]pt*}\n", "1:16: quote patterns: \"[gc]pt*\""},
      {"a question mark in braces", "where: {x: {matches: ^a(b)?$}}\n",
       "1:22: quote patterns: \"^a(b)?$\""},
      {"the same with more lines", "where: {x: {matches: ^a(b)?$}}}\nb: c\n",
       "1:22: quote patterns: \"^a(b)?$\""},
      {"a count in braces", "where: {x: {matches: x{2,3}}}\n", "1:22: quote patterns: \"x{2,3}\""},
      {"a variable in braces", "url: {a: ${SLACK}}\n", "1:10: quote \"${SLACK}\" in braces"},
  });
}

TEST_CASE("A # starts a comment, and the channel it hides is told") {
  check({
      {"as a value", "a: b\nnotify: #alerts\nwindow: day\n",
       "2:9: # starts a comment; channels are named without it"},
      {"as an item", "notify:\n  - #alerts\n  - b\nwindow: day\n",
       "2:5: # starts a comment; channels are named without it"},
      {"in a list, eating on", "notify: [alerts, #finance]\nwindow: day\nbudget: 4\n",
       "1:9: this [ is never closed | # starts a comment; channels are named without it"},
  });
}

TEST_CASE("A comma inside braces does not cut an amount in two") {
  check({
      {"money", "a: {budget: $1,000, window: day}\n",
       "1:13: \"$1,000\" inside { } is two things to YAML: $1 and a key 000 | write $1k, $1000 or "
       "\"$1,000\""},
      {"a group", "budgets: {chat: $4,000}\n",
       "1:17: \"$4,000\" inside { } is two things to YAML: $4 and a key 000 | write $4k, $4000 or "
       "\"$4,000\""},
      {"millions, twice", "b: {x: $1,000,000, y: $2,500,000}\n",
       "1:8: \"$1,000,000\" inside { } is two things to YAML: $1 and a key 000 | write $1M, "
       "$1000000 "
       "or \"$1,000,000\"\n1:23: \"$2,500,000\" inside { } is two things to YAML: $2 and a key 500 "
       "| "
       "write $2500k, $2500000 or \"$2,500,000\""},
      {"a count", "where: {latency_ms: {above: 10,000}}\n",
       "1:29: \"10,000\" inside { } is two things to YAML: 10 and a key 000 | write 10k, 10000 or "
       "\"10,000\""},
      {"brokers", "k: {brokers: a:9092,b:9092}\n",
       "1:14: \"a:9092,b:9092\" inside { } is two things to YAML: a:9092 and a key b:9092 | quote "
       "it, or write a list: [a:9092, b:9092]"},
      {"quoted it is one", "budgets: {chat: \"$4,000\"}\n", ""},
      {"outside braces it is one", "budget: $4,000\n", ""},
  });
}

TEST_CASE("A missing space is found") {
  check({
      {"after a colon", "alert: {80%:warning}\n", "1:9: a space is missing after 80%:"},
      {"after one of two", "alert: {80%:warning, 100%: critical}\n",
       "1:9: a space is missing after 80%:"},
      {"after both", "alert: {80%:warning,100%:critical}\n",
       "1:9: a space is missing after 80%:\n1:21: a space is missing after 100%:"},
      {"over two lines", "alert:\n  80%:warning\n  100%:critical\n",
       "2:3: a space is missing after 80%:"},
      {"after a dash", "notify:\n  -alerts\n  -finance\n", "2:3: a space is missing after -"},
      {"after one dash", "notify:\n  -alerts\n", "2:3: a space is missing after -"},
      {"no colon at all", "a: b\nwindow day\nc: d\n", "2:1: a \":\" is missing after \"window\""},
      {"no colon on the last line", "a: b\nwindow day\n",
       "2:1: a \":\" is missing after \"window\""},
  });
}

TEST_CASE("Words that other readers change are text") {
  Diagnostics diagnostics;
  const auto document = parse_yaml(
      "t.yaml",
      "where: {Region: NO, Feature: yes, a: 010, b: 1e3, c: .nan, d: 0x1F, e: 2026-11-20}\n"
      "starts: 10:30\nalert: {5%: a, 80 %: b, forecast 100%: c, $500 left: d, (none): e}\n"
      "h: {x: 127.0.0.1:8080, y: Mon-Fri 09:00-18:00, z: gpt-4*}\n",
      diagnostics);
  REQUIRE(document);
  CHECK(diagnostics.empty());
  const auto* where = document->root.find("where");
  REQUIRE(where != nullptr);
  for (const auto& [key, text] :
       {std::pair{"Region", "NO"}, std::pair{"Feature", "yes"}, std::pair{"a", "010"},
        std::pair{"b", "1e3"}, std::pair{"c", ".nan"}, std::pair{"d", "0x1F"},
        std::pair{"e", "2026-11-20"}}) {
    CHECK(where->find(key)->text == text);
  }
  CHECK(document->root.find("starts")->text == "10:30");
  CHECK(document->root.find("alert")->entries[3].key.text == "$500 left");
  CHECK(document->root.find("h")->find("y")->text == "Mon-Fri 09:00-18:00");
}

TEST_CASE("A null is an error wherever it stands") {
  check({
      {"a word in where", "where: {Plan: null}\n",
       "1:15: \"null\" is no value | write {exists: false}"},
      {"empty in where", "where:\n  Plan:\n", "2:3: \"Plan\" has no value | write {exists: false}"},
      {"empty elsewhere", "a: b\nY:\n",
       "2:1: \"Y\" has no value | write a value, or leave the key out"},
      {"a tilde", "a: ~ # c\n", "1:4: \"~\" is no value | quote it if it is text"},
      {"in a list", "a: [b, null]\n", "1:8: \"null\" is no value | quote it if it is text"},
      {"an empty item", "a:\n  - b\n  -\n  - c\n",
       "3:3: this item is empty | write a value, or take it out"},
      {"a key without a value in braces", "a: {b}\n", "1:5: a \":\" is missing after \"b\""},
      {"no key", ": x\n", "1:1: a key is missing before \":\""},
  });
}

TEST_CASE("Comparisons are words") {
  check({
      {"above", "threshold: > 1000\n",
       "1:12: \">\" starts a block of text in YAML | comparisons are words: above, below; a "
       "threshold is the amount alone"},
      {"at least", "threshold: >=5%\n",
       "1:12: \">\" starts a block of text in YAML | comparisons are words: above, below; a "
       "threshold is the amount alone"},
  });
}

TEST_CASE("A key written twice is refused, naming both lines") {
  check({
      {"in a block", "name: a\nwindow: day\nname: b\n",
       "3:1: \"name\" is written twice | first on line 1"},
      {"in braces", "a: {b: c, b: d}\n", "1:11: \"b\" is written twice | first on line 1"},
  });
}

TEST_CASE("A byte order mark and CRLF move no error") {
  CHECK(errors("\xef\xbb\xbf"
               "a: \"\xc3\xa9\"\r\nb: !x\r\n") ==
        "2:4: \"!x\" is a YAML tag | quote text that starts with !");
  CHECK(errors("a: {\xc3\xa9: \xc3\xa9, b: !x}\n") ==
        "1:14: \"!x\" is a YAML tag | quote text that starts with !");
}

TEST_CASE("Bytes that are no text are refused before parsing") {
  CHECK(errors("a: b\nc: \xff\n") == "2:4: this is not valid UTF-8 | save the file as UTF-8");
  CHECK(errors("a: \xc0\xaf\n") == "1:4: this is not valid UTF-8 | save the file as UTF-8");
  CHECK(errors("a: \xed\xa0\x80\n") == "1:4: this is not valid UTF-8 | save the file as UTF-8");
  CHECK(errors("a: b\x01\n") == "1:5: the control character U+0001 may not stand here");
  CHECK(errors("a: b\rc: d\n") == "1:5: the control character U+000D may not stand here");
  CHECK(errors("a: b\xc2\x85\n") == "1:5: the control character U+0085 may not stand here");
  CHECK(errors("a: \"\\0\"\n") == "1:4: control characters may not stand in text");
}

TEST_CASE("Anchors and aliases are refused") {
  check({
      {"both", "a: &x b\nc: *x\n",
       "1:4: \"&\" makes an anchor, and anchors are not allowed | quote text that starts with "
       "&\n2:4: "
       "a pattern that starts with * needs quotes: \"*x\""},
      {"of a map", "a: &x\n  b: c\n",
       "1:4: \"&\" makes an anchor, and anchors are not allowed | quote text that starts with &"},
      {"a cycle", "a: &x [*x]\n",
       "1:4: \"&\" makes an anchor, and anchors are not allowed | quote text that starts with "
       "&\n1:8: "
       "a pattern that starts with * needs quotes: \"*x\""},
  });
}

TEST_CASE("Structure that does not fit is told in our words") {
  check({
      {"text over two lines", "a: b\nc: d e\n   f\n",
       "2:4: this text would go on over the next line | check the next line's indentation and its "
       "\":\"; long text stands after |"},
      {"a key indented under a value", "rules:\n  - name: a\n     window: day\n",
       "2:11: this text would go on over the next line | check the next line's indentation and its "
       "\":\"; long text stands after |"},
      {"two values on a line", "a: b: c\n",
       "1:5: this \":\" would start a second value on the line | quote text that holds \": \""},
      {"indented like nothing", "a:\n   b: c\n  d: e\n",
       "3:3: this line is indented like none of those it could belong to"},
      {"text after a list", "a: [b] c\nd: e\n",
       "1:8: nothing may follow the value here | quote the whole text"},
      {"text after a quote", "a: \"b\" c\n",
       "1:8: nothing may follow the value here | quote the whole text"},
      {"an at sign", "a: @x\n", "1:4: text that starts with @ needs quotes"},
      {"a backtick", "a: `x`\n", "1:4: text that starts with ` needs quotes"},
      {"a stray bracket", "a: b\n]\nc: d\n", "2:1: this ] closes nothing"},
      {"the wrong bracket", "a: {b: [1, 2}, c: d}\n",
       "1:13: this } closes nothing | a [ of line 1 is still open"},
      {"an open brace", "where: {a: {not: b}\n\nx: {c: d}\n",
       "1:8: this { is never closed | close it with }"},
      {"an escape", "a: \"x\\q\"\n",
       "1:6: \"\\q\" is no escape that YAML knows | use single quotes, where a backslash is "
       "itself"},
      {"a tab", "a:\n\tb: c\n", "2:1: indent with spaces, not with tabs"},
      {"a list as key", "[a, b]: c\n", "1:1: a key must be text | quote it"},
  });
}

TEST_CASE("Files that would cost too much are refused") {
  CHECK(errors(std::string((1 << 20) + 1, ' ')) ==
        "0:0: the file is larger than 1024 KiB | split it");
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  CHECK(errors("a: " + deep + "\n") == "1:35: more than 32 levels deep");
  std::string wide = "a: [";
  for (int i = 0; i < 100'001; ++i) wide += "x,";
  CHECK(errors(wide + "]\n").find("more than 100000 values in one file") != std::string::npos);
}
