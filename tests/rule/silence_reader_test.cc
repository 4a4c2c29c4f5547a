// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/config.h"

using namespace tocsin;

namespace {

Loaded load_silences(const std::string& text) {
  MemoryFiles files({{"/etc/tocsin.yaml", "silences: quiet.yaml\n"}, {"/etc/quiet.yaml", text}});
  return load({.config_path = "/etc/tocsin.yaml",
               .purpose = Purpose::price,
               .files = files,
               .environment = [](const std::string&) { return std::optional<std::string>(); }});
}

std::string silence_errors(const std::string& text) {
  return told(load_silences(text).diagnostics, "/etc/quiet.yaml");
}

}  // namespace

TEST_CASE("A file of silences is read, each with its matchers and times") {
  const Loaded loaded = load_silences(
      "silences:\n"
      "  - rule: production-*\n"
      "    match: {severity: warning, user: user-1}\n"
      "    from: 2026-11-28T09:00+01:00\n"
      "    until: 2026-11-30T09:00+01:00\n"
      "    author: Ada\n"
      "    comment: load test\n"
      "  - {rule: \"*\", until: 2026-12-01T00:00Z}\n");
  REQUIRE(told(loaded.diagnostics, "").empty());
  REQUIRE(loaded.config.silences.size() == 2);
  const SilenceConfig& first = loaded.config.silences[0];
  CHECK(first.rule == "production-*");
  CHECK(first.match == std::vector<std::pair<std::string, std::string>>{{"severity", "warning"},
                                                                        {"user", "user-1"}});
  CHECK(first.until - *first.from == Millis{172'800'000});
  CHECK(first.author == "Ada");
  CHECK(first.comment == "load test");
  CHECK(loaded.config.silences[1].author == "quiet.yaml");
  CHECK_FALSE(loaded.config.silences[1].from);
}

TEST_CASE("What is wrong with a silence is told where it is written") {
  CHECK(silence_errors("silences:\n  - {rule: a}\n") ==
        "2:5: \"until\" is missing | a silence ends: write until: 2026-11-30T09:00Z");
  CHECK(silence_errors("silences:\n  - {until: 2026-11-30T09:00Z}\n") ==
        "2:5: \"rule\" is missing | name a rule, or write rule: \"*\"");
  CHECK(silence_errors("silences:\n  - {rule: a, until: tomorrow}\n")
            .starts_with("2:22: \"tomorrow\" is no time"));
  CHECK(silence_errors("silences:\n  - {rule: a, until: 2026-11-30T09:00Z, cause: b}\n")
            .starts_with("2:41: unknown key \"cause\""));
  CHECK(silence_errors("silences:\n"
                       "  - {rule: a, from: 2026-11-30T09:00Z, until: 2026-11-29T09:00Z}\n") ==
        "2:47: it must end after it begins");
  CHECK(silence_errors("silence: []\n").starts_with("1:1: unknown key \"silence\""));
  CHECK(silence_errors("silences: {}\n").starts_with("1:11: "));
}

TEST_CASE("A file of silences that is not there is an error of the configuration") {
  const std::map<std::string, std::string> config = {
      {"/etc/tocsin.yaml", "silences: quiet.yaml\n"}};
  MemoryFiles files(config);
  const Loaded loaded =
      load({.config_path = "/etc/tocsin.yaml",
            .purpose = Purpose::price,
            .files = files,
            .environment = [](const std::string&) { return std::optional<std::string>(); }});
  CHECK(told(loaded.diagnostics, "/etc/tocsin.yaml") ==
        "1:11: cannot read /etc/quiet.yaml: no such file");
}
