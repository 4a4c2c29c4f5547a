// SPDX-License-Identifier: Apache-2.0
// Rules of several teams.
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/rule.h"

using namespace tocsin;

namespace {

using Texts = std::map<std::string, std::string>;

constexpr const char* kConfig =
    "channels:\n"
    "  alerts: {webhook: {url: \"http://127.0.0.1:1/\"}}\n"
    "  search: {webhook: {url: \"http://127.0.0.1:2/\"}}\n"
    "notify: {info: [], warning: [alerts], critical: [alerts], engine: [alerts]}\n"
    "rules:\n"
    "  - own.yaml\n"
    "  - {files: \"search/*.yaml\", team: search, only: {Team: search}, channels: [search]}\n"
    "  - {files: \"chat/*.yaml\", team: chat}\n";

std::string month(const std::string& keys = "budget: $1") {
  std::string text = rule_with("window: month\n" + keys);
  return text.replace(text.find("name: r"), 7, "name: month");
}

Texts texts(const std::string& search = month()) {
  return {{"tocsin.yaml", kConfig},
          {"own.yaml", month()},
          {"search/a.yaml", search},
          {"chat/a.yaml", month()}};
}

struct Read {
  Loaded loaded;
  FileSet files;
};
Read read(const Texts& of, const FileSet* last = nullptr) {
  MemoryFiles memory(of);
  RecordingFiles files(memory);
  Loaded loaded = load({.config_path = "tocsin.yaml",
                        .purpose = Purpose::backtest,
                        .files = files,
                        .environment = [](const auto&) { return std::nullopt; },
                        .last = last});
  return {std::move(loaded), files.take()};
}
std::string errors(const Texts& of) { return told(read(of).loaded.diagnostics, "tocsin.yaml"); }
std::string config_error(const std::string& mount) {
  Texts of = texts();
  of["tocsin.yaml"] = std::string("channels: {a: {webhook: {url: \"http://127.0.0.1:1/\"}}}\n") +
                      "rules:\n  - own.yaml\n  - " + mount + "\n";
  return errors(of);
}

}  // namespace

TEST_CASE("Rules of a team have its name before their own, and are narrowed by `only`") {
  const auto loaded = read(texts(month("where: {model: x}\nbudget: $1"))).loaded;
  UNSCOPED_INFO(told(loaded.diagnostics, ""));
  REQUIRE(loaded.rules.size() == 3);
  CHECK(loaded.rules[0].name == "month");
  CHECK(loaded.rules[1].name == "search/month");
  CHECK(loaded.rules[1].summary == "search: month");
  CHECK(loaded.rules[1].where_text == "Team = search and model = x");
  CHECK(loaded.rules[2].name == "chat/month");
  CHECK(loaded.rules[2].where_text.empty());
  CHECK(loaded.rules[1].filter->canonical() != loaded.rules[2].filter->canonical());
}

TEST_CASE("Rules of a team may name its channels alone") {
  CHECK(errors(texts(month("budget: $1\nnotify: [search]"))).empty());
  CHECK(errors(texts(month("budget: $1\nnotify: [alerts]"))) ==
        "search/a.yaml:5:14: unknown channel \"alerts\" | Allowed: search");
}

TEST_CASE("A team's broken file leaves it the rules that were right last, and others theirs") {
  const Read good = read(texts(month("budget: $5")));
  REQUIRE(good.loaded.ok());
  Texts broken = texts("rules:\n  - nam: x\n");
  broken["own.yaml"] = month("budget: $7");
  const auto now = read(broken, &good.files).loaded;
  CHECK(now.ok());
  REQUIRE(now.rules.size() == 3);
  CHECK(now.rules[0].budgets->fallback == 7 * power_of_ten(12));
  CHECK(now.rules[1].name == "search/month");
  CHECK(now.rules[1].budgets->fallback == 5 * power_of_ten(12));
  REQUIRE(now.refused.size() == 1);
  CHECK(now.refused[0].team == "search");
  CHECK(now.refused[0].channels == std::vector<std::string>{"search"});
  CHECK(told(now.refused[0].errors, "").starts_with("search/a.yaml:2:5: "));
  CHECK(now.refused_files.texts.at("search/a.yaml") == month("budget: $5"));
}

TEST_CASE("A team whose files are gone keeps its rules, too") {
  const Read good = read(texts());
  Texts gone = texts();
  gone.erase("search/a.yaml");
  const auto now = read(gone, &good.files).loaded;
  CHECK(now.rules.size() == 3);
  REQUIRE(now.refused.size() == 1);
  CHECK(now.refused[0].errors.front().message == "no file is found here for the team search");
}

TEST_CASE("A team's broken file is an error where none was right before") {
  const auto now = read(texts("rules: 1\n")).loaded;
  CHECK_FALSE(now.ok());
  const Read good = read({{"tocsin.yaml", "rules: [own.yaml]\n"}, {"own.yaml", month()}});
  CHECK_FALSE(read(texts("rules: 1\n"), &good.files).loaded.ok());
}

TEST_CASE("An error in rules that are no team's refuses all") {
  const Read good = read(texts());
  Texts broken = texts();
  broken["own.yaml"] = "rules: 1\n";
  CHECK_FALSE(read(broken, &good.files).loaded.ok());
}

TEST_CASE("A mount that is wrong is told by its place") {
  CHECK(config_error("{files: \"chat/*.yaml\"}")
            .starts_with("4:5: a team's rules need files and team"));
  CHECK(config_error("{files: \"chat/*.yaml\", team: a/b}") ==
        "4:34: a team's name is 1 to 40 characters without a /");
  CHECK(config_error("{files: \"chat/*.yaml\", team: x}\n  - {files: \"chat/*.yaml\", team: x}")
            .starts_with("5:34: the team \"x\" is written twice"));
  CHECK(config_error("{files: \"chat/*.yaml\", team: x, chanels: [a]}")
            .starts_with("4:37: unknown key \"chanels\" | did you mean \"channels\"?"));
  CHECK(config_error("{files: \"chat/*.yaml\", team: x, channels: [b]}")
            .starts_with("4:48: unknown channel \"b\""));
  CHECK(config_error("{files: \"chat/*.yaml\", team: x, only: {Team: {abve: 1}}}")
            .starts_with("4:51: unknown condition \"abve\" | did you mean \"above\"?"));
}
