// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "document/embedded_file.h"

namespace tocsin {

// The rule files that the repository ships, in the binary: rules/production.yaml and others.
std::vector<EmbeddedFile> shipped_rules();

// What a first configuration is made for.
struct Starter {
  std::vector<std::string> brokers;  // host:port
  std::string topic;
  std::string file;                // in place of Kafka, if not empty
  std::string slack_webhook_file;  // paths as tocsin.yaml is to name them
  std::string time_zone;
};

struct StarterFile {
  std::string name;  // "rules/users.yaml"
  std::string text;
};

// tocsin.yaml, the shipped rules, and the schema that editors check them by.
std::vector<StarterFile> starter_files(const Starter& starter);

}  // namespace tocsin
