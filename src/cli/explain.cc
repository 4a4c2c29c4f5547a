// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/event_trace.h"
#include "cli/exit_code.h"
#include "cli/explain_api.h"
#include "cli/explain_text.h"
#include "cli/explain_words.h"
#include "cli/real_clock.h"
#include "document/json_writer.h"
#include "document/yaml.h"
#include "http/http_get.h"
#include "notify/plain_text.h"
#include "rocks/rocks_store.h"
#include "rule/amount.h"
#include "rule/nearest_word.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

std::atomic<bool> interrupted{false};

// What is known so far is printed; a second one ends at once.
void on_interrupt(int) {
  if (interrupted.exchange(true)) _exit(kExitFound);
}

struct ExplainOptions {
  std::string config;
  std::string rule;
  std::vector<std::string> group;
  std::string event;
  std::string scan = "5s";
  bool json = false;
};

// What librdkafka and the sources say while they are read once more is no part of the answer.
class Silence final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

class Explain {
 public:
  Explain(const ExplainOptions& options, Millis scan, const Configuration& configuration)
      : options_(options),
        scan_(scan),
        loaded_(configuration.loaded),
        prices_(configuration.prices),
        terminal_(Terminal::of(STDOUT_FILENO)) {}

  int run() {
    if (!options_.event.empty()) return event();
    auto group = parse_group(options_.group);
    if (!group) {
      std::fprintf(stderr, "tocsin: %s\n", group.error().message.c_str());
      return kExitUsage;
    }
    if (options_.rule.empty()) return levels();
    return rule({options_.rule, std::move(*group)});
  }

 private:
  int levels() {
    auto of = ask<RuleLevels>(
        {}, parse_rule_levels,
        [&](const ExplainInput& input, const ExplainQuestion&) { return explain_rules(input); });
    if (!of) return fail(of.error());
    if (options_.json) {
      std::printf("%s\n", rule_levels_json(*of).c_str());
      return kExitOk;
    }
    std::printf("%s%s", rule_levels_text(*of, terminal_).c_str(), from(of->now, "").c_str());
    for (const auto& disabled : loaded_.disabled) {
      std::printf("%s is disabled (%s:%d)\n", clean_text(disabled.name).c_str(),
                  disabled.origin.file.c_str(), disabled.origin.line);
    }
    return kExitOk;
  }

  int rule(const ExplainQuestion& question) {
    auto of = ask<Explanation>(question, parse_explanation,
                               [](const ExplainInput& input, const ExplainQuestion& asked) {
                                 return explain_rule(input, asked);
                               });
    if (!of) return unknown(question, of.error());
    const auto rule = std::find_if(loaded_.rules.begin(), loaded_.rules.end(),
                                   [&](const Rule& each) { return each.name == of->rule; });
    RequestFacts facts;
    std::optional<TallyVisitor> visitor;
    if (scan_ == Millis{0}) {
      facts.not_read = "--scan 0";
    } else if (rule == loaded_.rules.end()) {
      facts.not_read = "the rule files here have no such rule";
    } else {
      if (rule->where_text != of->where) {
        facts.note = "the rule files here ask for " + clean_text(rule->where_text) +
                     ", the running engine for " + clean_text(of->where) +
                     ": requests are looked at as the files say";
      }
      visitor.emplace(*rule, of->group, of->level.window);
      scan(*of, *visitor, facts);
      facts.parts = &visitor->parts();
      facts.tally = &visitor->tally();
    }
    print(*of, facts);
    return kExitOk;
  }

  void print(const Explanation& of, const RequestFacts& facts) {
    if (options_.json) {
      std::string json = explanation_json(of);
      json.pop_back();  // its closing brace
      std::printf("%s, %s}\n", json.c_str(), requests_json(facts, why_not(of, facts)).c_str());
      return;
    }
    std::printf("%s%s", explanation_text(of, facts, terminal_).c_str(),
                from(of.now, of.zone).c_str());
  }

  // A rule the engine does not have may still be in the files.
  int unknown(const ExplainQuestion& question, const Error& error) {
    for (const auto& disabled : loaded_.disabled) {
      if (disabled.name != question.rule) continue;
      if (options_.json) {
        std::string out;
        JsonWriter(out)
            .begin_object()
            .text("rule", disabled.name)
            .boolean("disabled", true)
            .end_object();
        std::printf("%s\n", out.c_str());
        return kExitOk;
      }
      std::printf(
          "%s   %s:%d   disabled\n\n  It counts nothing and tells nobody: enabled is false.\n",
          clean_text(disabled.name).c_str(), disabled.origin.file.c_str(), disabled.origin.line);
      return kExitOk;
    }
    const auto here = std::find_if(loaded_.rules.begin(), loaded_.rules.end(),
                                   [&](const Rule& each) { return each.name == question.rule; });
    if (from_engine_ && here != loaded_.rules.end() && error.reaction == Reaction::reject &&
        error.message.starts_with("there is no rule")) {
      std::fprintf(stderr,
                   "tocsin: %s stands in %s:%d, but the running engine does not have it yet: make "
                   "it read its rules anew\n",
                   clean_text(question.rule).c_str(), here->origin.file.c_str(), here->origin.line);
      return kExitFound;
    }
    return fail(error);
  }

  // The engine's answer if one runs, else the state's own.
  template <class T, class Parse, class Make>
  Result<T> ask(const ExplainQuestion& question, Parse parse, Make make) {
    if (auto answer = ask_engine(question)) {
      from_engine_ = true;
      if (answer->status == 200) return parse(answer->body);
      Diagnostics diagnostics;
      const auto document = parse_yaml("answer", answer->body, diagnostics);
      const Node* error =
          document && document->root.is_map() ? document->root.find("error") : nullptr;
      if (error != nullptr) return reject(error->text);
      return reject(
          fmt::format("{} answers {}: is it an engine of this version?", listen_, answer->status));
    }
    auto store = RocksStore::open_read_only(loaded_.config.state.path);
    if (!store) {
      return reject(store.error().message + (no_answer_.empty() ? "" : "; " + no_answer_));
    }
    const auto partitions = read_partitions(**store);
    if (!partitions) return tl::unexpected(partitions.error());
    const EventTime at = latest_time(*partitions).value_or(as_event_time(clock_.wall()));
    return make({**store, loaded_.rules, loaded_.config.notify, at}, question);
  }

  std::optional<HttpReply> ask_engine(const ExplainQuestion& question) {
    const auto& http = loaded_.config.http;
    if (!http) return std::nullopt;
    HttpGetRequest request;
    const bool any = http->host.empty() || http->host == "0.0.0.0" || http->host == "::";
    request.host = any ? "127.0.0.1" : http->host;
    request.port = http->port;
    request.path = explain_path(question);
    request.token = http->token.reveal();
    request.timeout = Millis{10'000};
    listen_ = fmt::format("{}:{}", request.host, request.port);
    auto reply = http_get(request);
    if (!reply) {
      no_answer_ = reply.error().message;
      return std::nullopt;
    }
    return *reply;
  }

  // Where all this is from.
  std::string from(EventTime now, const std::string& zone) const {
    if (from_engine_) return "";
    const LocalTime at = local_time(now, zone.empty() ? loaded_.config.time_zone : zone);
    const std::string why = listen_.empty() ? "the config has no http, so no engine was asked"
                                            : "no engine runs (" + listen_ + " does not answer)";
    return "  " + terminal_.painted(Paint::dim, padded("from", 10)) +
           wrapped(why + ": from the state as of " + date_text(at) + " " + clock_seconds_text(at) +
                       " " + at.offset_name,
                   12, terminal_.width() - 12) +
           "\n";
  }

  // Positions, as far as the engine has read; a state that cannot be opened is no reason not to
  // look at a file.
  Result<std::vector<PartitionRow>> positions() {
    auto store = RocksStore::open_read_only(loaded_.config.state.path);
    if (!store) return tl::unexpected(store.error());
    return read_partitions(**store);
  }

  void scan(const Explanation& of, RequestVisitor& visitor, RequestFacts& facts) {
    auto partitions = positions();
    if (!partitions) {
      facts.not_read = partitions.error().message;
      return;
    }
    if (partitions->empty()) {
      facts.not_read = "the engine has read nothing yet";
      return;
    }
    facts.scanned = scan_requests(setup(std::move(*partitions), of.level.window.start), visitor);
  }

  ScanSetup setup(std::vector<PartitionRow> partitions, std::optional<EventTime> since) {
    std::signal(SIGINT, on_interrupt);
    return {loaded_.config, prices_,
            clock_,         silence_,
            interrupted,    std::move(partitions),
            scan_,          !options_.event.empty(),
            since};
  }

  int event() {
    auto partitions = positions();
    if (!partitions) return fail(partitions.error());
    TraceVisitor visitor(options_.event, loaded_.rules);
    const Scanned scanned = scan_requests(setup(std::move(*partitions), std::nullopt), visitor);
    const EventPage page{options_.event, visitor.trace(), scanned, visitor.near()};
    const std::string text = options_.json ? event_json(page) + "\n" : event_text(page, terminal_);
    std::fputs(text.c_str(), stdout);
    return visitor.trace().found() ? kExitOk : kExitFound;
  }

  const ExplainOptions& options_;
  const Millis scan_;
  const Loaded& loaded_;
  const PriceList& prices_;
  const Terminal terminal_;
  RealClock clock_;
  Silence silence_;
  std::string listen_, no_answer_;
  bool from_engine_ = false;
};

// "30s", "5m", "30".
std::optional<Millis> parse_scan(std::string_view text) {
  Millis unit{1'000};
  if (text.ends_with('s') || text.ends_with('m')) {
    if (text.ends_with('m')) unit = Millis{60'000};
    text.remove_suffix(1);
  }
  const auto count = parse_decimal(text, 0, Rounding::exact);
  if (!count || *count < 0 || *count > 86'400) return std::nullopt;
  return unit * static_cast<int>(*count);
}

int explain(const ExplainOptions& options) {
  const auto scan = parse_scan(options.scan);
  if (!scan) {
    std::fprintf(stderr, "tocsin: --scan is a time such as 30s or 5m\n");
    return kExitUsage;
  }
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  return Explain(options, *scan, *configuration).run();
}

}  // namespace

void add_explain(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand(
      "explain", "Say how full a rule or a group is, who was told, and why it has not rung");
  command->add_option("rule", options->rule, "the rule's name; without one all rules are listed");
  command->add_option("--group", options->group, "FIELD=VALUE, once for each field of group_by");
  auto* event =
      command->add_option("--event", options->event, "a request's id: its cost, and who counts it");
  command->add_option("--scan", options->scan,
                      "how long to look at requests, such as 30s or 5m; 0: not at all");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_flag("--json", options->json, "print one JSON object");
  command->callback([options, event, &slot] {
    if (event->count() > 0 && !options->rule.empty()) {
      throw CLI::ValidationError("--event", "stands alone, without a rule");
    }
    slot.run = [options] { return explain(*options); };
  });
}

}  // namespace tocsin
