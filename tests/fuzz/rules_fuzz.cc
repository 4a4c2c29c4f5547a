// SPDX-License-Identifier: Apache-2.0
// Files that people write: rules, tocsin.yaml, a table of budgets, tests of rules, prices. Refused
// at a place of theirs without a word of a secret, the same twice; or values that can be reckoned
// with. The first byte says which file, then come two texts with a zero byte between them.
#include <map>
#include <optional>
#include <string>

#include "bytes.h"
#include "document/yaml.h"
#include "fuzz_target.h"
#include "placed.h"
#include "price/load.h"
#include "rule/load.h"
#include "rule/memory_files.h"
#include "rule/test_file.h"

namespace tocsin::fuzz {
namespace {

using TextFiles = std::map<std::string, std::string>;

constexpr std::string_view kSecret = "sk-canary-7f3a9c";

void expect_sound(const Rule& rule) {
  expect(!rule.name.empty() && rule.filter != nullptr, "a rule has a name and a filter");
  expect(!rule.ladder.empty(), "a rule has something to tell: " + rule.name);
  expect(rule.max_groups > 0, "a rule has room for a group: " + rule.name);
  expect(!rule.fingerprint().empty(), "a rule's state has an identity: " + rule.name);
  const auto rungs = [&rule](std::optional<int128> budget) {
    expect(!budget || *budget >= 0, "a budget is no debt: " + rule.name);
    for (const Rung& rung : rule.ladder) static_cast<void>(rung_amount(rung, budget));
  };
  if (!rule.budgets) return rungs(std::nullopt);
  if (rule.budgets->fallback) rungs(rule.budgets->fallback);
  for (const auto& [group, budget] : rule.budgets->rows) {
    if (budget) rungs(budget);
  }
  for (const auto& [group, spells] : rule.budgets->changing) {
    expect(spells.front().from == EventTime::min(),
           "a group has a budget at any time: " + rule.name);
    for (const auto& spell : spells) rungs(spell.budget);
  }
}

// The rules that the file has by its own text, if it is read without errors.
std::size_t rules_written(const std::string& text) {
  Diagnostics ignored;
  const auto document = parse_yaml("rules.yaml", text, ignored);
  const Node* rules = document ? document->root.find("rules") : nullptr;
  return rules == nullptr ? 0 : rules->items.size();
}

std::string loaded_rules(const TextFiles& texts) {
  MemoryFiles files(texts);
  RuleContext context{.files = files};
  context.channels = {"alerts", "oncall", "finance"};
  const Loaded loaded = load_rules({"rules.yaml"}, context);
  expect_placed(loaded.diagnostics, texts);
  if (loaded.ok()) {
    expect(written_rules(loaded.rules) + loaded.disabled.size() ==
               rules_written(texts.at("rules.yaml")),
           "no rule of an accepted file is swallowed");
    for (const Rule& rule : loaded.rules) expect_sound(rule);
  }
  return all_of(loaded.diagnostics);
}

std::string loaded_config(const TextFiles& texts) {
  MemoryFiles files(texts);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name.empty() || name[0] == 'N') return std::nullopt;
    return name[0] == 'U' ? "https://company.example/" + std::string(kSecret)
                          : std::string(kSecret);
  };
  const Loaded loaded =
      load({.config_path = "tocsin.yaml", .files = files, .environment = environment});
  expect_placed(loaded.diagnostics, texts);
  const std::string told = all_of(loaded.diagnostics);
  // One that is written in the file is there for all to see; not so one of the environment or of a
  // file of its own.
  if (texts.at("tocsin.yaml").find(kSecret) == std::string::npos) {
    expect(told.find(kSecret) == std::string::npos, "no secret is told: " + told);
  }
  return told;
}

std::string loaded_tests(const TextFiles& texts) {
  MemoryFiles files(texts);
  const TestFile tests = load_test_file("tests.yaml", files);
  expect_placed(tests.diagnostics, texts);
  if (tests.ok()) {
    for (const Rule& rule : tests.rules) expect_sound(rule);
  }
  return all_of(tests.diagnostics);
}

std::string loaded_prices(const TextFiles& texts) {
  Diagnostics diagnostics;
  prices::Texts kept;
  const auto provider =
      prices::load_provider("prices.yaml", texts.at("prices.yaml"), kept, diagnostics);
  expect_placed(diagnostics, texts);
  expect(provider.has_value() != has_errors(diagnostics), "prices are read or refused");
  return all_of(diagnostics);
}

std::string loaded(int which, const std::string& first, const std::string& second) {
  const std::string rules = "rules:\n  - {name: a, window: day, budget: $1}\n";
  switch (which) {
    case 0: return loaded_rules({{"rules.yaml", first}, {"budgets.csv", second}});
    case 1:
      return loaded_config({{"tocsin.yaml", first},
                            {"rules.yaml", second.empty() ? rules : second},
                            {"secret", std::string(kSecret)}});
    case 2: return loaded_tests({{"tests.yaml", first}, {"rules.yaml", second}});
    default: return loaded_prices({{"prices.yaml", first}});
  }
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 16'384) return 0;
  fuzz::Bytes bytes(data, size);
  const int which = bytes.byte() % 4;
  const std::string first = bytes.line();
  const std::string second(bytes.rest());
  fuzz::expect_same(fuzz::loaded(which, first, second), fuzz::loaded(which, first, second),
                    "what is told of the same file twice");
  return 0;
}
