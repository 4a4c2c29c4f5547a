// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/exit_code.h"
#include "cli/findings.h"
#include "cli/plural.h"
#include "cli/real_files.h"

namespace tocsin {
namespace {

struct CheckOptions {
  std::string config;
  bool json = false;
  bool strict = false;
};

struct Findings {
  std::size_t errors = 0, warnings = 0;
};

Findings count(const Diagnostics& diagnostics) {
  Findings found;
  for (const auto& diagnostic : diagnostics) {
    ++(diagnostic.level == Diagnostic::Level::error ? found.errors : found.warnings);
  }
  return found;
}

void print_text(const Loaded& loaded, const Findings& found, const PriceList* prices) {
  for (const auto& diagnostic : loaded.diagnostics) {
    std::printf("%s\n", render(diagnostic).c_str());
  }
  if (!loaded.diagnostics.empty()) std::printf("\n");
  std::string line;
  std::size_t files = 0;
  std::size_t rules = 0;
  for (const auto& file : loaded.files) {
    const bool of_rules = file.kind == FileSummary::Kind::rules;
    if (of_rules) {
      ++files;
      rules += file.rules - file.disabled;
    }
    line += fmt::format(" {}{} {}  ", file.path, of_rules ? " " + plural(file.rules, "rule") : "",
                        file.ok ? "✓" : "✗");
  }
  std::printf("%s\n", line.c_str());
  if (found.errors + found.warnings > 0) {
    std::printf(" %s%s, %s.\n", found.errors < kDiagnosticsMax ? "" : "At least ",
                plural(found.errors, "error").c_str(), plural(found.warnings, "warning").c_str());
  }
  if (loaded.ok() && prices != nullptr) {
    std::printf(" %s in %s, %s, %s of %.*s. OK\n", plural(rules, "rule").c_str(),
                plural(files, "file").c_str(),
                plural(loaded.config.channels.size(), "channel").c_str(),
                plural(prices->models(), "price").c_str(), static_cast<int>(prices->date().size()),
                prices->date().data());
  }
}

int check(const CheckOptions& options) {
  RealFiles files;
  const Reading reading = read_configuration({.config_path = config_path(options.config),
                                              .purpose = Purpose::run,
                                              .files = files,
                                              .environment = real_environment()});
  const Loaded& loaded = reading.loaded;
  const auto& prices = reading.prices;
  const Findings found = count(loaded.diagnostics);
  if (options.json) {
    std::printf("%s\n", findings_json(loaded).c_str());
  } else {
    print_text(loaded, found, prices ? &*prices : nullptr);
  }
  if (found.errors > 0) return kExitConfig;
  return options.strict && found.warnings > 0 ? kExitFound : kExitOk;
}

}  // namespace

void add_check(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand("check", "Say whether the config and the rules are right");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_flag("--json", options->json, "print JSON");
  command->add_flag("--strict", options->strict, "warnings fail too");
  command->callback([options, &slot] { slot.run = [options] { return check(*options); }; });
}

}  // namespace tocsin
