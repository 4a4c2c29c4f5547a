// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "match/glob.h"
#include "rule/files.h"
#include "rule/load.h"

namespace tocsin {

// Files held in a map.
class MemoryFiles final : public Files {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override {
    const auto file = files_.find(path);
    if (file == files_.end()) return reject("no such file");
    if (file->second.size() > bytes_max) return reject("it is too large");
    return file->second;
  }

  Result<std::vector<std::string>> expand(const std::string& pattern) override {
    std::vector<std::string> paths;
    const Glob glob(pattern);
    for (const auto& [path, text] : files_) {
      if (glob.matches(path)) paths.push_back(path);
    }
    return paths;
  }

  Result<Access> access(const std::string& path) override {
    if (!files_.contains(path)) return reject("no such file");
    return modes[path];
  }

  std::map<std::string, Access> modes;

 private:
  std::map<std::string, std::string> files_;
};

// "line:column: message | hint", warnings with a "~" before, one a line; other files by name.
inline std::string told(const Diagnostics& diagnostics, const std::string& file) {
  std::string out;
  for (const auto& d : diagnostics) {
    if (!out.empty()) out += "\n";
    if (d.level == Diagnostic::Level::warning) out += "~";
    if (d.file != file) out += d.file + ":";
    out += std::to_string(d.line) + ":" + std::to_string(d.column) + ": " + d.message;
    if (!d.hint.empty()) out += " | " + d.hint;
  }
  return out;
}

// The text as the only rule file, "rules.yaml", in UTC, with channels alerts, oncall and finance.
inline Loaded load_text(const std::string& text, std::map<std::string, std::string> others = {}) {
  others["rules.yaml"] = text;
  MemoryFiles files(std::move(others));
  RuleContext context{.files = files};
  context.channels = {"alerts", "oncall", "finance"};
  return load_rules({"rules.yaml"}, context);
}

inline std::string errors_of(const std::string& text,
                             std::map<std::string, std::string> others = {}) {
  return told(load_text(text, std::move(others)).diagnostics, "rules.yaml");
}

// One rule of these keys (each on its own line), named r.
inline std::string rule_with(const std::string& keys) {
  std::string text = "rules:\n  - name: r\n";
  for (std::size_t from = 0; from < keys.size();) {
    const std::size_t end = std::min(keys.find('\n', from), keys.size());
    text += "    " + keys.substr(from, end - from) + "\n";
    from = end + 1;
  }
  return text;
}

}  // namespace tocsin
