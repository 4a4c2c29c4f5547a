// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "kafka/version.h"
#include "rocks/version.h"

namespace tocsin {

void add_version(CLI::App& app, CommandSlot& slot) {
  CLI::App* command = app.add_subcommand("version", "Say which tocsin this is");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print JSON");
  command->callback([json, &slot] {
    slot.run = [json] {
      if (*json) {
        std::printf("{\"version\":\"%s\",\"librdkafka\":\"%s\",\"rocksdb\":\"%s\"}\n",
                    TOCSIN_VERSION, kafka_library_version().c_str(),
                    rocks_library_version().c_str());
      } else {
        std::printf("tocsin %s (librdkafka %s, RocksDB %s)\n", TOCSIN_VERSION,
                    kafka_library_version().c_str(), rocks_library_version().c_str());
      }
      return kExitOk;
    };
  });
}

}  // namespace tocsin
