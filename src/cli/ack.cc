// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_client.h"
#include "cli/exit_code.h"
#include "cli/person.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

struct AckOptions {
  std::string config, id, comment, author;
  bool json = false;
};

int run_ack(const AckOptions& options) {
  const auto configuration = load_configuration(options.config, Purpose::price);
  if (!configuration) return kExitConfig;
  const auto answer =
      ask_engine(configuration->loaded.config,
                 {.method = EngineQuestion::Method::post,
                  .path = "/api/v1/acknowledge?id=" + query_value(options.id) +
                          "&by=" + query_value(options.author.empty() ? person() : options.author) +
                          "&comment=" + query_value(options.comment),
                  .request = "acknowledge",
                  .done_by = "the engine keeps who has seen what"});
  if (!answer) {
    std::fprintf(stderr, "tocsin: %s\n", clean_text(answer.error().message).c_str());
    return answer.error().reaction == Reaction::retry ? kExitFound : kExitUsage;
  }
  if (options.json) {
    std::printf("%s\n", answer->body.c_str());
    return kExitOk;
  }
  const Node* const alert = answer->document.root.find("alert");
  const Node* const seen = answer->document.root.find("acknowledged");
  if (alert == nullptr || seen == nullptr) return kExitFound;
  const auto text = [](const Node& of, const char* key) {
    return clean_text(answer_text(of, key));
  };
  std::printf("%s  %s %s: seen by %s at %s\nNobody is reminded of it any more.\n",
              text(*alert, "id").substr(0, 8).c_str(), text(*alert, "rule").c_str(),
              text(*alert, "rung").c_str(), text(*seen, "by").c_str(), text(*seen, "at").c_str());
  return kExitOk;
}

}  // namespace

void add_ack(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<AckOptions>();
  CLI::App* command =
      app.add_subcommand("ack", "Say that an alert is seen to: nobody is reminded of it any more");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_option("id", options->id, "the alert's id, or its first 8 digits")->required();
  command->add_option("--comment", options->comment, "what is done about it");
  command->add_option("--author", options->author, "who; default: your login name");
  command->add_flag("--json", options->json, "as the API answers");
  command->callback([options, &slot] { slot.run = [options] { return run_ack(*options); }; });
}

}  // namespace tocsin
