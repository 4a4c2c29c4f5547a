// SPDX-License-Identifier: Apache-2.0
// `tocsin notifications`: what was told, what waits and what nobody took, asked of the running
// engine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "document/yaml.h"
#include "http/http_get.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

struct NotificationsOptions {
  std::string config;
  std::string id;
  std::string channel;
  std::string state;
  int limit = 20;
  bool json = false;
};

std::string text(const Node& map, std::string_view key) {
  const Node* const node = map.find(key);
  return node == nullptr ? std::string() : clean_text(node->text);
}

// As a value of a query.
std::string in_query(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class Notifications {
 public:
  Notifications(const NotificationsOptions& options, const Config& config)
      : options_(options), config_(config) {}

  int list() {
    std::string path = fmt::format("/api/v1/notifications?limit={}", options_.limit);
    if (!options_.state.empty()) path += "&state=" + in_query(options_.state);
    if (!options_.channel.empty()) path += "&channel=" + in_query(options_.channel);
    const auto answer = ask(path, false);
    if (!answer) return fail(answer.error());
    if (options_.json) return print_json();
    const Node* const items = answer->root.find("notifications");
    if (items == nullptr || items->items.empty()) {
      std::printf("No messages yet.\n");
      return kExitOk;
    }
    print_table(items->items);
    return kExitOk;
  }

  int show() {
    const auto answer = ask("/api/v1/notifications?text=1&limit=100" + of_id(), false);
    if (!answer) return fail(answer.error());
    const Node* const items = answer->root.find("notifications");
    if (items == nullptr || items->items.empty()) {
      std::fprintf(stderr, "tocsin: there is no message whose id begins with %s\n",
                   clean_text(options_.id).c_str());
      return kExitFound;
    }
    if (options_.json) return print_json();
    for (const Node& item : items->items) print_whole(item);
    return kExitOk;
  }

  int resend() {
    const auto answer = ask("/api/v1/notifications/resend?limit=100" + of_id(), true);
    if (!answer) return fail(answer.error());
    if (options_.json) return print_json();
    const Node* const items = answer->root.find("sent");
    if (items == nullptr) return kExitFound;
    for (const Node& item : items->items) {
      std::printf("%s is sent to %s: %s\n", short_id(item).c_str(), whom(item).c_str(),
                  text(item, "first_line").c_str());
    }
    return kExitOk;
  }

 private:
  static int fail(const Error& error) {
    std::fprintf(stderr, "tocsin: %s\n", error.message.c_str());
    return kExitFound;
  }
  int print_json() const {
    std::printf("%s\n", body_.c_str());
    return kExitOk;
  }
  std::string of_id() const {
    std::string query = "&id=" + in_query(options_.id);
    if (!options_.channel.empty()) query += "&channel=" + in_query(options_.channel);
    return query;
  }

  Result<Document> ask(const std::string& path, bool changes) {
    if (!config_.http) {
      return reject("the running engine is asked by HTTP, and " + config_.path +
                    " has no http: add `http: {listen: \"127.0.0.1:8080\"}` and start it anew");
    }
    const auto& http = *config_.http;
    const bool any = http.host.empty() || http.host == "0.0.0.0" || http.host == "::";
    HttpGetRequest request;
    request.host = any ? "127.0.0.1" : http.host;
    request.port = http.port;
    request.path = path;
    request.token = http.token.reveal();
    request.timeout = Millis{15'000};
    if (changes) request.post_as = "resend";
    const auto reply = http_get(request);
    if (!reply) {
      return retry(reply.error().message +
                   ": messages are the engine's, so `tocsin run` must be running");
    }
    Diagnostics diagnostics;
    auto answer = parse_yaml("answer", reply->body, diagnostics);
    if (!answer || !answer->root.is_map()) {
      return reject(fmt::format("{}:{} answers {}: is it an engine of this version?", request.host,
                                request.port, reply->status));
    }
    if (const Node* error = answer->root.find("error"); error != nullptr && reply->status >= 400) {
      return reject(clean_text(error->text));
    }
    body_ = reply->body;
    return std::move(*answer);
  }

  static std::string short_id(const Node& item) { return text(item, "id").substr(0, 8); }
  static std::string whom(const Node& item) {
    const std::string to = text(item, "destination");
    return text(item, "channel") + (to.empty() ? "" : " (" + to + ")");
  }
  static std::string time_of(const Node& item, std::string_view key) {
    std::string at = text(item, key);
    std::replace(at.begin(), at.end(), 'T', ' ');
    return at;
  }

  static void print_table(const std::vector<Node>& items) {
    std::size_t width = 7;
    for (const Node& item : items) width = std::max(width, columns_of(whom(item)));
    std::printf("%-8s  %-20s  %s  %-9s  %5s  %s\n", "id", "composed",
                padded("channel", width).c_str(), "state", "tries", "message");
    for (const Node& item : items) {
      std::printf("%-8s  %-20s  %s  %-9s  %5s  %s\n", short_id(item).c_str(),
                  time_of(item, "composed").c_str(), padded(whom(item), width).c_str(),
                  text(item, "state").c_str(), text(item, "attempts").c_str(),
                  text(item, "first_line").c_str());
      const std::string error = text(item, "last_error");
      if (!error.empty()) std::printf("          it %s\n", error.c_str());
    }
  }

  static void print_whole(const Node& item) {
    std::printf("%s to %s: %s", text(item, "id").c_str(), whom(item).c_str(),
                text(item, "state").c_str());
    if (const std::string at = time_of(item, "when"); !at.empty() && at != "null") {
      std::printf(" %s", at.c_str());
    }
    std::printf(", composed %s, tries: %s\n", time_of(item, "composed").c_str(),
                text(item, "attempts").c_str());
    if (const std::string error = text(item, "last_error"); !error.empty()) {
      std::printf("it %s\n", error.c_str());
    }
    const Node* const body = item.find("text");
    if (body == nullptr || body->text.empty()) {
      std::printf("\n%s\n\n", text(item, "first_line").c_str());
      return;
    }
    std::printf("\n%s\n", body->text.c_str());
  }

  const NotificationsOptions& options_;
  const Config& config_;
  std::string body_;
};

using Act = int (Notifications::*)();

int notifications(const NotificationsOptions& options, Act act) {
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  Notifications asked(options, configuration->loaded.config);
  return (asked.*act)();
}

void add_usual(CLI::App& command, NotificationsOptions& options) {
  command.add_option("--config", options.config, "tocsin.yaml");
  command.add_option("--channel", options.channel, "only of this channel");
  command.add_flag("--json", options.json, "print the engine's answer");
}

}  // namespace

void add_notifications(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<NotificationsOptions>();
  CLI::App* all = app.add_subcommand(
      "notifications", "List the messages of the running engine, show one, or send one again");
  CLI::App* list = all->add_subcommand("list", "the newest messages, and what became of them");
  CLI::App* show = all->add_subcommand("show", "one message, whole");
  CLI::App* resend = all->add_subcommand("resend", "send one again that is parked or delivered");
  all->require_subcommand(0, 1);
  for (CLI::App* command : {all, list}) {
    add_usual(*command, *options);
    command->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1, 10'000));
    command->add_option("--state", options->state, "waiting, delivered or parked")
        ->check(CLI::IsMember({"waiting", "delivered", "parked"}));
  }
  for (CLI::App* command : {show, resend}) {
    add_usual(*command, *options);
    command->add_option("ID", options->id, "the message's id, or its beginning")->required();
  }
  const auto run = [options, &slot](Act act) {
    return [options, act, &slot] {
      slot.run = [options, act] { return notifications(*options, act); };
    };
  };
  // Called after those of its commands.
  all->callback([all, list_it = run(&Notifications::list)] {
    if (all->get_subcommands().empty()) list_it();
  });
  list->callback(run(&Notifications::list));
  show->callback(run(&Notifications::show));
  resend->callback(run(&Notifications::resend));
}

}  // namespace tocsin
