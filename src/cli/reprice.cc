// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "cli/since.h"
#include "cli/terminal.h"
#include "document/yaml.h"
#include "http/http_get.h"
#include "notify/amount_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr Millis kAskEvery{200};

struct RepriceOptions {
  std::string config;
  std::string since;
  bool dry_run = false;
  bool json = false;
};

class Reprice {
 public:
  Reprice(const RepriceOptions& options, const Config& config)
      : options_(options), config_(config) {}

  int run() {
    const EventTime now = as_event_time(clock_.wall());
    const auto since = parse_since(options_.since, now, config_.time_zone);
    if (!since || *since > now) {
      std::fprintf(stderr,
                   "tocsin: --since is a time of today (09:12), a date (2026-11-26) or both "
                   "(2026-11-26T09:12, or with Z or an offset), and not in the future\n");
      return kExitUsage;
    }
    if (!config_.http) {
      return fail({Reaction::reject,
                   "the running engine is asked by HTTP, and " + config_.path +
                       " has no http: add `http: {listen: \"127.0.0.1:8080\"}` and start it anew"});
    }
    auto begun = ask(fmt::format("/api/v1/reprice?since_ms={}{}", to_ms(*since),
                                 options_.dry_run ? "&dry_run=1" : ""),
                     true);
    while (begun && state(*begun) == "running") {
      show_progress(*begun);
      std::this_thread::sleep_for(kAskEvery);
      begun = ask("/api/v1/reprice", false);
    }
    clear_progress();
    if (!begun) return fail(begun.error());
    if (state(*begun) == "failed") {
      return fail({Reaction::reject, "nothing is changed: " + text(begun->root, "error")});
    }
    if (options_.json) {
      std::printf("%s\n", body_.c_str());
    } else {
      print(begun->root, *since);
    }
    return kExitOk;
  }

 private:
  static std::string text(const Node& map, std::string_view key) {
    const Node* const node = map.find(key);
    return node == nullptr ? std::string() : node->text;
  }
  static std::uint64_t number(const Node& map, std::string_view key) {
    const auto value = parse_decimal(text(map, key), 0, Rounding::exact);
    return value ? static_cast<std::uint64_t>(*value) : 0;
  }
  static std::string state(const Document& answer) { return text(answer.root, "state"); }

  Result<Document> ask(const std::string& path, bool begin) {
    const auto& http = *config_.http;
    const bool any = http.host.empty() || http.host == "0.0.0.0" || http.host == "::";
    HttpGetRequest request;
    request.host = any ? "127.0.0.1" : http.host;
    request.port = http.port;
    request.path = path;
    request.token = http.token.reveal();
    request.timeout = Millis{10'000};
    if (begin) request.post_as = "reprice";
    const auto reply = http_get(request);
    if (!reply) {
      return retry(reply.error().message +
                   ": a re-pricing is done by the engine, so `tocsin run` must be running");
    }
    Diagnostics diagnostics;
    auto answer = parse_yaml("answer", reply->body, diagnostics);
    if (!answer || !answer->root.is_map()) {
      return reject(fmt::format("{}:{} answers {}: is it an engine of this version?", request.host,
                                request.port, reply->status));
    }
    if (const Node* error = answer->root.find("error"); error != nullptr && reply->status >= 400) {
      return reject(error->text);
    }
    body_ = reply->body;
    return std::move(*answer);
  }

  void show_progress(const Document& answer) {
    if (!terminal_.is_terminal()) return;
    const std::uint64_t records = number(answer.root, "records"), of = number(answer.root, "of");
    std::fprintf(stderr, "\r%s of %s\x1b[K", plural(records, "record").c_str(),
                 of > records ? std::to_string(of).c_str() : "what there is");
    std::fflush(stderr);
    shown_ = true;
  }
  void clear_progress() const {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
  }

  std::string when(EventTime t) const {
    const LocalTime at = local_time(t, config_.time_zone);
    return date_text(at) + " " + clock_seconds_text(at) + " " + at.offset_name;
  }

  static void print_sums(const Node& root, const char* list, const char* name) {
    const Node* const items = root.find(list);
    if (items == nullptr || items->items.empty()) return;
    std::printf("\n  %-36s %10s  %16s  %16s  %16s\n", name, "requests", "before", "after",
                "difference");
    for (const Node& item : items->items) {
      const std::string priced = text(item, "priced");
      std::printf("  %-36s %10s  %16s  %16s  %16s%s\n",
                  cut_middle(clean_text(text(item, name)), 36).c_str(),
                  text(item, "requests").c_str(), text(item, "before_usd").c_str(),
                  text(item, "after_usd").c_str(), text(item, "difference_usd").c_str(),
                  priced == "0" ? "" : ("  " + priced + " had no price").c_str());
    }
  }

  void print(const Node& root, EventTime since) const {
    std::printf("%s since %s: %s read, %s of another cost, $%s before, $%s after\n",
                options_.dry_run ? "tried" : "priced again", when(since).c_str(),
                plural(number(root, "records"), "record").c_str(),
                plural(number(root, "requests"), "request").c_str(),
                text(root, "before_usd").c_str(), text(root, "after_usd").c_str());
    print_sums(root, "models", "model");
    print_sums(root, "rules", "rule");
    std::printf(
        "\n  %s %s. Windows that have ended, and rates, are left as they were; levels that "
        "were reached stay reached.\n",
        plural(number(root, "totals"), "total").c_str(),
        options_.dry_run ? "would change" : "put right");
    if (const Node* from = root.find("read_from_ms")) {
      const auto ms = parse_decimal(from->text, 0, Rounding::exact);
      const EventTime oldest = event_time_ms(ms ? static_cast<std::int64_t>(*ms) : 0);
      if (oldest > since) {
        std::printf("  The oldest record there is %s; what was before is gone, or never was.\n",
                    when(oldest).c_str());
      }
    }
    if (number(root, "unknown") > 0) {
      std::printf("  %s left as they were: by which prices they were counted is not known.\n",
                  plural(number(root, "unknown"), "request").c_str());
    }
    if (number(root, "ids_forgotten") > 0) {
      std::printf("  More ids within an hour than state.memory holds: copies may have counted.\n");
    }
  }

  const RepriceOptions& options_;
  const Config& config_;
  const RealClock clock_;
  const Terminal terminal_ = Terminal::of(STDERR_FILENO);
  std::string body_;
  bool shown_ = false;
};

int reprice(const RepriceOptions& options) {
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  return Reprice(options, configuration->loaded.config).run();
}

}  // namespace

void add_reprice(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<RepriceOptions>();
  CLI::App* command = app.add_subcommand(
      "reprice",
      "Have the running engine price again, by the prices in force, what it has counted");
  command->add_option("--since", options->since, "from when on: 09:12, 2026-11-26 or both")
      ->required();
  command->add_flag("--dry-run", options->dry_run, "show what would change, and change nothing");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, &slot] { slot.run = [options] { return reprice(*options); }; });
}

}  // namespace tocsin
