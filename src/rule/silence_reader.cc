// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "document/yaml.h"
#include "rule/config_reader.h"

namespace tocsin {
namespace {

// A file of silences, whose lines are its own.
class SilenceReader {
 public:
  SilenceReader(const Document& document, Diagnostics& diagnostics)
      : reader_(document, diagnostics) {}

  std::vector<SilenceConfig> read(const Node& root) {
    std::vector<SilenceConfig> silences;
    const Node* map = reader_.map(root, "silences: and a list");
    if (map == nullptr) return silences;
    for (const Entry& entry : map->entries) {
      if (!reader_.known(entry.key, words::kSilenceFile, "key")) continue;
      const Node* list = reader_.list(entry.value, kWanted);
      if (list == nullptr) continue;
      for (const Node& item : list->items) {
        SilenceConfig silence;
        if (one(item, silence)) silences.push_back(std::move(silence));
      }
    }
    return silences;
  }

 private:
  static constexpr std::string_view kWanted =
      "a list: - {rule: production-daily, until: 2026-11-30T09:00Z}";

  bool one(const Node& node, SilenceConfig& silence) {
    const Node* map = reader_.map(node, "{rule: production-daily, until: 2026-11-30T09:00Z}");
    if (map == nullptr) return false;
    silence.origin = reader_.origin(node);
    silence.author = reader_.file().substr(reader_.file().rfind('/') + 1);
    bool good = true;
    for (const Entry& entry : map->entries) {
      good = reader_.known(entry.key, words::kSilence, "key") && key(entry, silence) && good;
    }
    for (const std::string_view needed : {"rule", "until"}) {
      if (map->find(needed) != nullptr) continue;
      reader_.error(node, "\"" + std::string(needed) + "\" is missing",
                    needed == "until" ? "a silence ends: write until: 2026-11-30T09:00Z"
                                      : "name a rule, or write rule: \"*\"");
      good = false;
    }
    if (good && silence.from && *silence.from >= silence.until) {
      reader_.error(*map->find("until"), "it must end after it begins");
      good = false;
    }
    return good;
  }

  bool key(const Entry& entry, SilenceConfig& silence) {
    const std::string& name = entry.key.text;
    if (name == "match") return match(entry.value, silence);
    if (name == "from" || name == "until") {
      const auto time = reader_.time(entry.value);
      if (!time) return false;
      if (name == "from") silence.from = *time;
      if (name == "until") silence.until = *time;
      return true;
    }
    const std::string* text = reader_.text(entry.value, "a text");
    if (text == nullptr) return false;
    if (text->empty()) {
      reader_.error(entry.value, "nothing is written here");
      return false;
    }
    (name == "rule" ? silence.rule : name == "author" ? silence.author : silence.comment) = *text;
    return true;
  }

  bool match(const Node& node, SilenceConfig& silence) {
    const Node* map = reader_.map(node, "{user: user-1}");
    if (map == nullptr) return false;
    for (const Entry& entry : map->entries) {
      const std::string* pattern = reader_.text(entry.value, "a value, or a glob");
      if (pattern == nullptr) return false;
      silence.match.emplace_back(entry.key.text, *pattern);
    }
    return true;
  }

  Reader reader_;
};

}  // namespace

std::vector<SilenceConfig> read_silences(const ConfigReader& config, const Node& node) {
  const auto path = config.path(node);
  if (!path) return {};
  Diagnostics& diagnostics = config.reader().diagnostics();
  const auto bytes = config.files().read(*path, kYamlBytesMax);
  if (!bytes) {
    config.reader().error(node, "cannot read " + *path + ": " + bytes.error().message);
    return {};
  }
  const auto document = parse_yaml(*path, *bytes, diagnostics);
  if (!document) return {};
  return SilenceReader(*document, diagnostics).read(document->root);
}

}  // namespace tocsin
