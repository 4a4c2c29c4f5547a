// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "document/diagnostic.h"
#include "rule/config.h"
#include "rule/file_set.h"
#include "rule/files.h"
#include "rule/rule.h"
#include "rule/rule_context.h"
#include "rule/rule_reader.h"

namespace tocsin {

// What the configuration is wanted for, and so what it must have: run needs sources, state.path,
// rules, channels and all of notify; backtest only rules; price nothing.
enum class Purpose { run, backtest, price };

// One file that was read, for `check`'s last lines.
struct FileSummary {
  enum class Kind { config, rules, other };  // other: named for what is wrong in it
  std::string path;
  Kind kind = Kind::rules;
  std::size_t rules = 0;     // written in it
  std::size_t disabled = 0;  // of these, `enabled: false`
  bool ok = true;            // no error in it
};

// A team whose files are wrong: its rules are those that were right last.
struct RefusedMount {
  std::string team;
  std::vector<std::string> channels;  // its own
  Diagnostics errors;
};

// All that the files say. Only if ok() may it be used; else diagnostics says what is wrong.
struct Loaded {
  Config config;
  std::vector<Rule> rules;  // in the order of files and of rules in them; without disabled ones
  std::vector<DisabledRule> disabled;
  Diagnostics diagnostics;  // sorted; warnings too
  std::vector<FileSummary> files;
  std::vector<RefusedMount> refused;
  FileSet refused_files;  // what is used in place of theirs
  bool ok() const { return !has_errors(diagnostics); }
};

struct LoadRequest {
  std::string config_path;
  Purpose purpose = Purpose::run;
  Files& files;
  Environment environment;
  // What runs: a difference from it that needs a restart is an error.
  const Config* running = nullptr;
  // The files of the last that was right: of them a team with an error goes on by its own. Null: an
  // error is one of all.
  const FileSet* last = nullptr;
};

// Reads tocsin.yaml and the rule files it names.
Loaded load(const LoadRequest& request);

// Reads rule files alone. Names are unique over all of them.
Loaded load_rules(const std::vector<std::string>& paths, const RuleContext& context);

}  // namespace tocsin
