// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "event/mapping.h"
#include "memory_files.h"
#include "rule/key_docs.h"
#include "rule/load.h"

using namespace tocsin;

namespace {

std::string docs(const std::string& name) {
  std::ifstream file(TOCSIN_SOURCE_DIR "/docs/" + name);
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
  const auto blocks = yaml_blocks(docs("rules.md"));
  REQUIRE(blocks.size() >= 10);
  for (const auto& block : blocks) {
    INFO(block);
    MemoryFiles files({{"rules.yaml", block},
                       {"pilot-users.txt", "user-1\nuser-2\n"},
                       {"exempt.txt", "billing\n"}});
    RuleContext context{.files = files};
    context.channels = {"alerts", "oncall", "finance", "office"};
    const auto loaded = load_rules({"rules.yaml"}, context);
    CHECK(told(loaded.diagnostics, "rules.yaml").empty());
    CHECK(loaded.files.at(0).rules == name_lines(block));
  }
}

TEST_CASE(
    "Every example of mappings and tables in docs/events.md is tocsin.yaml without an error") {
  const std::string text = docs("events.md");
  const auto blocks = yaml_blocks(text.substr(text.find("## Mappings")));
  REQUIRE(blocks.size() == 3);
  for (const auto& block : blocks) {
    INFO(block);
    MemoryFiles files({{"tocsin.yaml", block}, {"keys.csv", "key,team,Environment\n"}});
    const Environment none = [](const std::string&) { return std::optional<std::string>(); };
    const auto loaded = load({"tocsin.yaml", Purpose::price, files, none});
    CHECK(told(loaded.diagnostics, "tocsin.yaml").empty());
  }
}

TEST_CASE("Every example of docs/channels.md is tocsin.yaml without an error") {
  const auto blocks = yaml_blocks(docs("channels.md"));
  REQUIRE(blocks.size() >= 2);
  for (const auto& block : blocks) {
    INFO(block);
    MemoryFiles files({{"tocsin.yaml", block}});
    const Environment none = [](const std::string&) { return std::optional<std::string>(); };
    const auto loaded = load({"tocsin.yaml", Purpose::price, files, none});
    CHECK(told(loaded.diagnostics, "tocsin.yaml").empty());
  }
}

TEST_CASE("docs/events.md names every key of a mapping, and every shipped format") {
  const std::string text = docs("events.md");
  for (const MappingKey& key : mapping_keys()) {
    INFO(key.name);
    CHECK(text.find("`" + std::string(key.name) + "`") != std::string::npos);
  }
  for (const Word& word : words::kFormat) {
    INFO(word.text);
    CHECK(text.find(word.text) != std::string::npos);
  }
}

// The rows of the first table after `heading`.
std::string table_rows(const std::string& text, std::string_view heading) {
  std::string rows;
  std::istringstream lines(text.substr(text.find(heading)));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) rows += line + "\n";
    if (!rows.empty() && !line.starts_with("|")) break;
  }
  return rows;
}

TEST_CASE("The tables of keys in the documentation are those that the reader has") {
  CHECK(table_rows(docs("rules.md"), "## Keys") == key_rows(words::kRule));
  CHECK(table_rows(docs("rules.md"), "### Metrics") == choice_rows(words::kMetric));
  CHECK(table_rows(docs("operations.md"), "## tocsin.yaml") == key_rows(words::kConfig));
}

TEST_CASE("Every word that is built says what it is") {
  const auto all = {
      Words(words::kRuleFile),      Words(words::kRule),         Words(words::kMetric),
      Words(words::kWindow),        Words(words::kSeverity),     Words(words::kRung),
      Words(words::kCondition),     Words(words::kBudgetColumn), Words(words::kConfig),
      Words(words::kSaslMechanism), Words(words::kFormat),       Words(words::kStart),
      Words(words::kCost)};
  for (const Words words : all) {
    for (const Word& word : words) {
      INFO(word.text);
      CHECK(word.says.empty() == (word.built == Built::not_yet));
    }
  }
}
