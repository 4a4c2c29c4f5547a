// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "memory_files.h"
#include "rule/key_table.h"

using namespace tocsin;

namespace {

std::string docs() {
  std::ifstream file(TOCSIN_SOURCE_DIR "/docs/rules.md");
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> yaml_blocks(const std::string& text) {
  constexpr std::string_view kFence = "```yaml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(kFence); at != std::string::npos; at = text.find(kFence, at)) {
    at += kFence.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  return blocks;
}

// Rules as a reader of the text counts them.
std::size_t name_lines(const std::string& text) {
  std::size_t count = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) count += line.starts_with("  - name:");
  return count;
}

}  // namespace

TEST_CASE("Every example of the rules' documentation is a rule file without an error") {
  const auto blocks = yaml_blocks(docs());
  REQUIRE(blocks.size() >= 10);
  for (const auto& block : blocks) {
    INFO(block);
    MemoryFiles files({{"rules.yaml", block}});
    RuleContext context{.files = files};
    context.channels = {"alerts", "oncall", "finance", "office"};
    const auto loaded = load_rules({"rules.yaml"}, context);
    CHECK(told(loaded.diagnostics, "rules.yaml").empty());
    CHECK(loaded.files.at(0).rules == name_lines(block));
  }
}

TEST_CASE("The documentation's table of keys has all keys that are built, and no other") {
  const std::string text = docs();
  std::set<std::string> documented;
  const std::size_t from = text.find("## Keys");
  std::istringstream lines(text.substr(from, text.find("## Which", from) - from));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string cell = line.substr(0, line.find(" | "));
    for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
      const std::size_t end = cell.find('`', at + 1);
      documented.insert(cell.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  std::set<std::string> built;
  for (const Word& word : words::kRule) {
    if (word.built == Built::yes) built.emplace(word.text);
  }
  CHECK(documented == built);
}

TEST_CASE("The documentation names every metric that is built") {
  const std::string text = docs();
  for (const Word& word : words::kMetric) {
    INFO(word.text);
    CHECK((text.find(word.text) != std::string::npos) == (word.built == Built::yes));
  }
}
