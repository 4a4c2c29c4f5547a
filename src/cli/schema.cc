// SPDX-License-Identifier: Apache-2.0
#include "rule/schema.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/exit_code.h"

namespace tocsin {

void add_schema(CLI::App& app, CommandSlot& slot) {
  auto of = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "schema", "Print the JSON Schema of rule files or of tocsin.yaml, for editors");
  command->add_option("OF", *of, "rules or config")
      ->required()
      ->check(CLI::IsMember({"rules", "config"}));
  command->callback([of, &slot] {
    slot.run = [of] {
      std::fputs((*of == "rules" ? rules_schema() : config_schema()).c_str(), stdout);
      return std::fflush(stdout) == 0 ? kExitOk : kExitFound;
    };
  });
}

}  // namespace tocsin
