// SPDX-License-Identifier: Apache-2.0
#include "cli/starter.h"

#include <fmt/format.h>

#include <string_view>

#include "document/json_writer.h"
#include "rule/schema.h"

namespace tocsin {
namespace {

// What JSON takes as a text YAML does too.
std::string quoted_text(std::string_view text) {
  std::string quoted = "\"";
  append_json_escaped(quoted, text);
  return quoted + '"';
}

std::string source_of(const Starter& starter) {
  if (!starter.file.empty()) {
    return fmt::format("  - file: {}   # followed as it grows\n", quoted_text(starter.file));
  }
  std::string brokers;
  for (const auto& broker : starter.brokers) {
    brokers += (brokers.empty() ? "" : ", ") + quoted_text(broker);
  }
  return fmt::format(R"(  - kafka:
      brokers: [{}]
      topics: [{}]
      # tls: {{}}                          # {{ca_file: PATH}} for a CA of your own
      # sasl: {{mechanism: scram-sha-512, user: tocsin, password_file: kafka-password}}
    # start: windows                     # first run: totals of today and this month are right
)",
                     brokers, quoted_text(starter.topic));
}

std::string config_text(const Starter& starter) {
  return fmt::format(
      R"(# Made by tocsin init. `tocsin check` says what is wrong with it; docs/operations.md has
# all keys. Paths are relative to this file.
sources:
{}
state: {{path: state}}                    # counts, alerts, where it stands; one process owns it
time_zone: {}                # where days and months begin

rules: [rules/*.yaml]                    # change the budgets in there, or take files away

channels:
  alerts: {{slack: {{webhook_url_file: {}}}}}
  # oncall: {{webhook: {{url: "https://ops.company.example/page", hmac_secret_file: hook-secret}}}}

notify: {{info: [alerts], warning: [alerts], critical: [alerts], engine: [alerts]}}

http: {{listen: "127.0.0.1:8080"}}        # /readyz, /metrics, the API
)",
      source_of(starter), starter.time_zone, quoted_text(starter.slack_webhook_file));
}

// Without the first line, which is about the repository's licence.
std::string users_own(std::string_view shipped) {
  return std::string(shipped.substr(shipped.find('\n') + 1));
}

}  // namespace

std::vector<StarterFile> starter_files(const Starter& starter) {
  std::vector<StarterFile> files{{"tocsin.yaml", config_text(starter)}};
  for (const auto& file : shipped_rules()) {
    files.push_back({std::string(file.name), users_own(file.text)});
  }
  files.push_back({"rules/rules.schema.json", rules_schema()});
  return files;
}

}  // namespace tocsin
