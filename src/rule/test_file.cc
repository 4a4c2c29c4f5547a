// SPDX-License-Identifier: Apache-2.0
#include "rule/test_file.h"

#include <algorithm>

#include "document/utf8.h"
#include "document/yaml.h"
#include "rule/amount.h"
#include "rule/field.h"
#include "rule/load.h"
#include "rule/nearest_word.h"
#include "rule/test_event_reader.h"
#include "rule/window_reader.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

std::optional<Severity> severity_named(std::string_view text) {
  for (const Severity severity : {Severity::info, Severity::warning, Severity::critical}) {
    if (name(severity) == text) return severity;
  }
  return std::nullopt;
}

class TestFileReader {
 public:
  TestFileReader(const Reader& reader, Files& files, TestFile& file)
      : reader_(reader), files_(files), file_(file) {}

  void read(const Node& root) {
    if (reader_.map(root, "rules: and tests:") == nullptr) return;
    for (const Entry& entry : root.entries) reader_.known(entry.key, words::kTestFile, "key");
    std::string zone = "UTC";
    if (const auto* entry = root.find_entry("time_zone")) {
      if (const auto read = read_zone(reader_, entry->value)) zone = *read;
    }
    rules(root, zone);
    if (const auto* entry = root.find_entry("prices")) {
      file_.price_files = paths(entry->value);
    }
    const auto* tests = root.find_entry("tests");
    if (tests == nullptr) {
      reader_.error(root, "there is no tests: in this file", "add tests: and a list of tests");
      return;
    }
    const Node* list = reader_.list(tests->value, "a list of tests: - name: …");
    if (list == nullptr) return;
    for (const Node& item : list->items) test(item);
  }

 private:
  void rules(const Node& root, const std::string& zone) {
    const auto* entry = root.find_entry("rules");
    if (entry == nullptr) {
      reader_.error(root, "this file does not say which rules it tests",
                    "begin it with rules: ../production.yaml");
      return;
    }
    RuleContext context{.files = files_};
    context.zone = zone;
    const auto named = paths(entry->value);
    Loaded loaded = load_rules(named, context);
    file_.rules = std::move(loaded.rules);
    rules_known_ = loaded.ok() && !named.empty();
    auto& all = reader_.diagnostics();
    all.insert(all.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  }

  // One path or a list of them, relative to this file; patterns are expanded.
  std::vector<std::string> paths(const Node& node) {
    std::vector<std::string> all;
    const auto add = [&](const Node& item) {
      const auto* written = reader_.text(item, "a path such as ../production.yaml");
      if (written == nullptr) return;
      const std::string path = collapse_path(resolve_path(reader_.file(), *written));
      const auto found = files_.expand(path);
      if (!found || found->empty()) {
        reader_.error(item, "no file is " + tocsin::quoted(path),
                      "paths are relative to the file they stand in");
        return;
      }
      all.insert(all.end(), found->begin(), found->end());
    };
    if (!node.is_sequence()) {
      add(node);
    } else {
      for (const Node& item : node.items) add(item);
    }
    return all;
  }

  void test(const Node& node) {
    if (reader_.map(node, "a test: - name: …") == nullptr) return;
    for (const Entry& entry : node.entries) reader_.known(entry.key, words::kTest, "key");
    RuleTest test;
    test.origin = reader_.origin(node);
    if (const auto* entry = node.find_entry("name")) {
      test.origin = reader_.origin(entry->value);
      if (const auto* text = reader_.text(entry->value, "a sentence")) test.name = *text;
    } else {
      reader_.error(node, "this test has no name", "begin it with - name: warns at 80 percent");
    }
    if (const auto* entry = node.find_entry("until")) test.until = reader_.time(entry->value);
    events(node, test);
    expectations(node, test);
    file_.tests.push_back(std::move(test));
  }

  void events(const Node& node, RuleTest& test) {
    const auto* entry = node.find_entry("events");
    if (entry == nullptr) {
      reader_.error(node, "this test has no events", "add events: and a list of events");
      return;
    }
    const Node* list = reader_.list(entry->value, "a list of events");
    if (list == nullptr) return;
    std::int64_t all = 0;
    for (const Node& item : list->items) {
      auto event = read_test_event(reader_, item);
      if (!event) continue;
      all += event->times;
      test.events.push_back(std::move(*event));
    }
    if (all > kTestEventsMax) reader_.error(entry->key, "a test has at most 1,000,000 events");
  }

  void expectations(const Node& node, RuleTest& test) {
    const auto* entry = node.find_entry("expect");
    if (entry == nullptr) {
      reader_.error(node, "this test expects nothing", "write expect: [] for silence");
      return;
    }
    const Node* list = reader_.list(entry->value, "a list of alerts, or [] for silence");
    if (list == nullptr) return;
    for (const Node& item : list->items) {
      if (auto expected = expectation(item)) test.expect.push_back(std::move(*expected));
    }
  }

  std::optional<Expectation> expectation(const Node& node) {
    if (reader_.map(node, "an alert such as {rule: production-daily, rung: 80%}") == nullptr) {
      return std::nullopt;
    }
    for (const Entry& entry : node.entries) {
      reader_.known(entry.key, words::kExpectation, "key");
    }
    const auto* entry = node.find_entry("rule");
    if (entry == nullptr) {
      reader_.error(node, "this alert is of no rule", "add rule: production-daily");
      return std::nullopt;
    }
    const auto* name = reader_.text(entry->value, "a rule's name");
    if (name == nullptr) return std::nullopt;
    Expectation expected;
    expected.rule = *name;
    expected.origin = reader_.origin(node);
    const Rule* rule = rule_named(entry->value);
    if (rule == nullptr) return std::nullopt;
    details(node, *rule, expected);
    return expected;
  }

  // Nothing is said of a rule that could not be read.
  const Rule* rule_named(const Node& node) {
    std::vector<std::string_view> names;
    for (const Rule& rule : file_.rules) {
      if (rule.name == node.text) return &rule;
      names.push_back(rule.name);
    }
    if (rules_known_) {
      reader_.error(node, "no rule is called " + tocsin::quoted(node.text),
                    hint_for(node.text, names));
    }
    return nullptr;
  }

  void details(const Node& node, const Rule& rule, Expectation& expected) {
    if (const auto* entry = node.find_entry("rung")) rung(entry->value, rule, expected);
    if (const auto* entry = node.find_entry("at")) expected.at = reader_.time(entry->value);
    if (const auto* entry = node.find_entry("severity")) {
      const auto* text = reader_.word(entry->value, words::kSeverity, "severity");
      if (text != nullptr) expected.severity = severity_named(*text);
    }
    if (const auto* entry = node.find_entry("value")) {
      expected.value = amount(entry->value, rule.metric);
    }
    if (const auto* entry = node.find_entry("budget")) {
      if (!rule.is_budget()) {
        reader_.error(entry->key, tocsin::quoted(rule.name) + " has a threshold and no budget");
      }
      expected.budget = amount(entry->value, rule.metric);
    }
    if (const auto* entry = node.find_entry("group")) group(entry->value, rule, expected);
  }

  void rung(const Node& node, const Rule& rule, Expectation& expected) {
    const auto* text = reader_.text(node, "a rung such as 80%");
    if (text == nullptr) return;
    expected.rung = without_blanks(*text);
    std::vector<std::string_view> rungs;
    for (const Rule& part : file_.rules) {
      if (part.name != rule.name) continue;
      for (const Rung& known : part.ladder) {
        if (known.text == *expected.rung) return;
        rungs.push_back(known.text);
      }
    }
    reader_.error(node, tocsin::quoted(rule.name) + " has no rung " + tocsin::quoted(*text),
                  hint_for(*expected.rung, rungs));
  }

  void group(const Node& node, const Rule& rule, Expectation& expected) {
    const auto* map = reader_.map(node, "its fields such as {user: user-1}");
    if (map == nullptr) return;
    std::vector<std::string_view> fields;
    for (const auto& field : rule.group_by) fields.push_back(field.name);
    for (const Entry& entry : map->entries) {
      const auto known = std::find_if(fields.begin(), fields.end(), [&](std::string_view field) {
        return same_name(field, entry.key.text);
      });
      const auto* value = reader_.text(entry.value, "a value");
      if (value == nullptr) continue;
      if (known == fields.end()) {
        reader_.error(
            entry.key,
            tocsin::quoted(rule.name) + " does not group by " + tocsin::quoted(entry.key.text),
            fields.empty() ? "it has no group_by" : hint_for(entry.key.text, fields));
      } else {
        expected.group.emplace_back(*known, *value);
      }
    }
  }

  std::optional<int128> amount(const Node& node, Metric metric) {
    const auto* text = reader_.text(node, "an amount");
    if (text == nullptr) return std::nullopt;
    const auto read = read_amount(*text, metric);
    if (!read) {
      reader_.error(node, read.error().message, read.error().hint);
      return std::nullopt;
    }
    return *read;
  }

  const Reader& reader_;
  Files& files_;
  TestFile& file_;
  bool rules_known_ = false;
};

}  // namespace

TestFile load_test_file(const std::string& path, Files& files) {
  TestFile file;
  file.path = path;
  const auto bytes = files.read(path, kYamlBytesMax);
  if (!bytes) {
    file.diagnostics.push_back(file_error(path, "cannot read it: " + bytes.error().message));
    return file;
  }
  Diagnostics diagnostics;
  if (const auto document = parse_yaml(path, *bytes, diagnostics)) {
    const Reader reader(*document, diagnostics);
    TestFileReader(reader, files, file).read(document->root);
  }
  sort_and_unite(diagnostics);
  file.diagnostics = std::move(diagnostics);
  return file;
}

}  // namespace tocsin
