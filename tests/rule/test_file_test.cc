// SPDX-License-Identifier: Apache-2.0
#include "rule/test_file.h"

#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace tocsin;

namespace {

constexpr const char* kRules = R"(rules:
  - name: daily
    where: {Environment: production}
    group_by: [user]
    window: day
    budget: $100
    alert: {50%: info, 80%: warning}
  - name: failing
    metric: error_rate
    window: last 5m
    threshold: 5%
)";

TestFile read(const std::string& text) {
  MemoryFiles files({{"rules/tests/t.yaml", text}, {"rules/r.yaml", kRules}});
  return load_test_file("rules/tests/t.yaml", files);
}

// One test with these lines below its name.
TestFile with(const std::string& lines) {
  return read("rules: ../r.yaml\ntests:\n  - name: t\n" + lines);
}

std::string file_errors(const std::string& lines) {
  return told(with(lines).diagnostics, "rules/tests/t.yaml");
}

const std::string kSilent = "    events: []\n    expect: []\n";

}  // namespace

TEST_CASE("A test of rules says what happens and what must ring") {
  const TestFile file = with(R"(    events:
      - {at: 2026-11-20T09:00Z, every: 1m, times: 90, cost_usd: 1, Environment: production}
    expect:
      - {rule: daily, rung: 80 %, at: 2026-11-20T10:19Z, group: {USER: ann}, value: $80, budget: $100}
    until: 2026-11-21T00:00Z
)");
  REQUIRE(told(file.diagnostics, "") == "");
  REQUIRE(file.rules.size() == 2);
  const RuleTest& test = file.tests.at(0);
  CHECK(test.name == "t");
  CHECK(test.origin.line == 3);
  CHECK(test.until == event_time_ms(1'795'219'200'000));
  const TestEvent& event = test.events.at(0);
  CHECK(event.times == 90);
  CHECK(event.every == Millis{60'000});
  CHECK(event.json ==
        R"("cost_usd":"1","Environment":"production","session":{},"usage":{},"properties":{})");
  const Expectation& expected = test.expect.at(0);
  CHECK(expected.rung == "80%");
  CHECK(expected.group == std::vector<std::pair<std::string, std::string>>{{"user", "ann"}});
  CHECK(expected.value == 80 * power_of_ten(12));
  CHECK(expected.origin.line == 7);
}

TEST_CASE("An event has every field of a native event, and what is none is a property") {
  const TestFile file = with(R"(    events:
      - {at: 2026-11-20T09:00Z, id: r-1, Model: gpt-4o, input: 1000, usage: {images: 2},
         session: {id: s-1, path: /a}, tags: [a, b], Feature: chat, properties: {model: internal}}
    expect: []
)");
  REQUIRE(told(file.diagnostics, "") == "");
  CHECK(
      file.tests.at(0).events.at(0).json ==
      R"("id":"r-1","Model":"gpt-4o","tags":["a","b"],"session":{"id":"s-1","path":"/a"},)"
      R"("usage":{"input":"1000","images":"2"},"properties":{"Feature":"chat","model":"internal"})");
}

TEST_CASE("A slip in a field's name is warned of, for it would be a property") {
  CHECK(file_errors("    events:\n      - {at: 2026-11-20T09:00Z, cost: 1}\n    expect: []\n") ==
        "~5:33: \"cost\" is a property here, not \"cost_usd\" | if a property is meant, write "
        "properties: {cost: …}");
  CHECK(file_errors("    events:\n      - {at: 2026-11-20T09:00Z, Plan: free}\n    expect: []\n") ==
        "");
}

TEST_CASE("Mistakes in a test are told at their place, with the word that was meant") {
  const std::string rules_line = "rules: ../r.yaml\n";
  CHECK(told(read("rules: ../other.yaml\ntests: []\n").diagnostics, "rules/tests/t.yaml") ==
        "1:8: no file is \"rules/other.yaml\" | paths are relative to the file they stand in");
  CHECK(told(read("tests: []\n").diagnostics, "rules/tests/t.yaml") ==
        "1:1: this file does not say which rules it tests | begin it with rules: "
        "../production.yaml");
  CHECK(told(read(rules_line + "test: []\n").diagnostics, "rules/tests/t.yaml") ==
        "1:1: there is no tests: in this file | add tests: and a list of tests\n"
        "2:1: unknown key \"test\" | did you mean \"tests\"? Allowed: rules, time_zone, prices, "
        "tests");
  CHECK(file_errors("    events: []\n") ==
        "3:5: this test expects nothing | write expect: [] for silence");
  CHECK(file_errors("    expect: []\n    events:\n      - {cost_usd: 1}\n") ==
        "6:9: this event has no time | add at: 2026-11-20T09:00Z");
  CHECK(file_errors("    expect: []\n    events:\n      - {at: today}\n") ==
        "6:14: \"today\" is no time | write one with Z or an offset, such as 2026-11-20T09:00Z");
  CHECK(file_errors("    events: []\n    expect:\n      - {rule: dayly}\n") ==
        "6:16: no rule is called \"dayly\" | did you mean \"daily\"? Allowed: daily, failing");
  CHECK(file_errors("    events: []\n    expect:\n      - {rule: daily, rung: 90%}\n") ==
        "6:29: \"daily\" has no rung \"90%\" | did you mean \"50%\"? Allowed: 50%, 80%");
  CHECK(file_errors("    events: []\n    expect:\n      - {rule: daily, group: {team: x}}\n") ==
        "6:31: \"daily\" does not group by \"team\" | Allowed: user");
  CHECK(file_errors("    events: []\n    expect:\n      - {rule: failing, budget: 5%}\n") ==
        "6:25: \"failing\" has a threshold and no budget");
}

TEST_CASE("Errors of the rules that are tested are told with their own file") {
  MemoryFiles files({{"t.yaml", "rules: r.yaml\ntests:\n  - name: t\n" + kSilent},
                     {"r.yaml", "rules:\n  - {name: r, window: day, budgt: $1}\n"}});
  const TestFile file = load_test_file("t.yaml", files);
  CHECK_FALSE(file.ok());
  CHECK(told(file.diagnostics, "t.yaml").starts_with("r.yaml:2:"));
}
