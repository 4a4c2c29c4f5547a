// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_client.h"
#include "cli/exit_code.h"
#include "cli/person.h"
#include "cli/since.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr const char* kPath = "/api/v1/silences";

struct SilenceOptions {
  std::string config;
  std::vector<std::string> words;  // RULE [FIELD=VALUE …], or list or nothing, or end ID
  std::string until, length, from, comment, author;
  bool all = false;
  bool json = false;
};

class SilenceCommand {
 public:
  SilenceCommand(const SilenceOptions& options, const Config& config)
      : options_(options), config_(config) {}

  int run() {
    // With a time it is about rules of these names.
    const bool has_time = !options_.until.empty() || !options_.length.empty();
    if (options_.words.empty() && !has_time) return list();
    if (options_.words.empty()) {
      std::fprintf(stderr, "tocsin: say what: tocsin silence RULE --until midnight\n");
      return kExitUsage;
    }
    const std::string& first = options_.words.front();
    if (first == "list" && !has_time) return list();
    if (first == "end" && !has_time) return end();
    return make();
  }

 private:
  Result<EngineAnswer> ask(EngineQuestion::Method method, const std::string& parameters) const {
    return ask_engine(config_, {.method = method,
                                .path = kPath + parameters,
                                .request = "silence",
                                .done_by = "silences are kept by the engine"});
  }

  int fail(const Error& error) const {
    std::fprintf(stderr, "tocsin: %s\n", clean_text(error.message).c_str());
    return error.reaction == Reaction::retry ? kExitFound : kExitUsage;
  }

  int make() {
    if (options_.until.empty() == options_.length.empty()) {
      std::fprintf(stderr,
                   "tocsin: say until when, or for how long: --until midnight, --until 18:00, "
                   "--until 2026-11-30, --for 2h\n");
      return kExitUsage;
    }
    std::string query = "?rule=" + query_value(options_.words.front());
    for (std::size_t i = 1; i < options_.words.size(); ++i) {
      query += "&match=" + query_value(options_.words[i]);
    }
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) query += fmt::format("&{}={}", name, query_value(value));
    };
    add("until", options_.until);
    add("for", options_.length);
    add("from", options_.from);
    add("author", options_.author.empty() ? person() : options_.author);
    add("comment", options_.comment);
    const auto answer = ask(EngineQuestion::Method::post, query);
    if (!answer) return fail(answer.error());
    if (options_.json) return print(answer->body);
    std::printf(
        "%s\nAlerts under it are recorded, and told when it is over if they still stand.\n"
        "End it before: tocsin silence end %s\n",
        line(answer->document.root).c_str(),
        clean_text(answer_text(answer->document.root, "id")).c_str());
    return kExitOk;
  }

  int list() {
    const auto answer = ask(EngineQuestion::Method::get, options_.all ? "?all=1" : "");
    if (!answer) return fail(answer.error());
    if (options_.json) return print(answer->body);
    const Node* const silences = answer->document.root.find("silences");
    if (silences == nullptr || silences->items.empty()) {
      std::printf("Nothing is silenced.\n");
      return kExitOk;
    }
    for (const Node& silence : silences->items) std::printf("%s\n", line(silence).c_str());
    return kExitOk;
  }

  int end() {
    if (options_.words.size() != 2) {
      std::fprintf(stderr,
                   "tocsin: say which: tocsin silence end ID; tocsin silence list has it\n");
      return kExitUsage;
    }
    const auto answer = ask(EngineQuestion::Method::deletes,
                            "?id=" + query_value(options_.words[1]) + "&by=" +
                                query_value(options_.author.empty() ? person() : options_.author));
    if (!answer) return fail(answer.error());
    if (options_.json) return print(answer->body);
    std::printf("ended: %s\n", line(answer->document.root).c_str());
    return kExitOk;
  }

  static int print(const std::string& json) {
    std::printf("%s\n", json.c_str());
    return kExitOk;
  }

  std::string when(const std::string& rfc3339) const {
    const auto t = parse_since(rfc3339, EventTime{}, "UTC");
    if (!t) return rfc3339;
    const LocalTime at = local_time(*t, config_.time_zone);
    return date_text(at) + " " + clock_text(at) + " " + at.offset_name;
  }

  // "3f9c2a81  production-daily user=user-1  until Sun 22 Nov 00:00 CET  ada: load test"
  std::string line(const Node& silence) const {
    const auto text = [&](const char* key) { return clean_text(answer_text(silence, key)); };
    std::string what = text("rule");
    if (const Node* const match = silence.find("match"); match != nullptr) {
      for (const Entry& entry : match->entries) {
        what += " " + clean_text(entry.key.text) + "=" + clean_text(entry.value.text);
      }
    }
    std::string times = "until " + when(answer_text(silence, "until"));
    if (text("state") == "to come")
      times = "from " + when(answer_text(silence, "from")) + " " + times;
    if (text("state") == "over") times = "over since " + when(answer_text(silence, "until"));
    std::string line = text("id") + "  " + what + "  " + times + "  " + text("author");
    if (const std::string comment = text("comment"); !comment.empty()) line += ": " + comment;
    if (const std::string by = text("ended_by"); !by.empty()) line += " (ended by " + by + ")";
    if (text("by_file") == "true") line += " (by file)";
    return line;
  }

  const SilenceOptions& options_;
  const Config& config_;
};

int run_silence(const SilenceOptions& options) {
  const auto configuration = load_configuration(options.config, Purpose::price);
  if (!configuration) return kExitConfig;
  return SilenceCommand(options, configuration->loaded.config).run();
}

}  // namespace

std::string person() {
  const passwd* const user = ::getpwuid(::getuid());
  return user != nullptr && user->pw_name != nullptr ? user->pw_name : "somebody";
}

void add_silence(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<SilenceOptions>();
  CLI::App* command = app.add_subcommand(
      "silence", "Hear nothing of a rule for a while; list, and end, what is silenced");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_option(
      "what", options->words,
      "RULE (a name or a glob) and any of FIELD=VALUE: a field of the rule's group_by, "
      "severity, a label; or `list`, as nothing is; or `end ID`");
  command->add_option("--until", options->until, "midnight, 18:00, 2026-11-30, 2026-11-30T18:00");
  command->add_option("--for", options->length, "2h, 30m, 7d");
  command->add_option("--from", options->from, "when it begins; default: now");
  command->add_option("--comment", options->comment, "why");
  command->add_option("--author", options->author, "who; default: your login name");
  command->add_flag("--all", options->all, "list: those that are over too");
  command->add_flag("--json", options->json, "as the API answers");
  command->callback([options, &slot] { slot.run = [options] { return run_silence(*options); }; });
}

}  // namespace tocsin
