// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "alert/alert_json.h"
#include "cli/backtest_arguments.h"
#include "cli/backtest_compare.h"
#include "cli/backtest_report.h"
#include "cli/backtest_rules.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/progress_line.h"
#include "cli/real_clock.h"
#include "cli/suggest.h"
#include "document/json_writer.h"

namespace tocsin {
namespace {

struct BacktestOptions {
  BacktestRules rules;
  std::string from;
  std::string since, until;
  std::optional<KafkaRange> kafka;  // what is read of it, found out once
  std::vector<std::string> budgets;
  std::string compare;
  std::vector<std::string> fail_if_rang;
  bool suggest = false;
  bool json = false;
  unsigned workers = 1;
  std::size_t batch = kBacktestBatch;
};

std::atomic<bool> backtest_ends{false};

// What is known so far is still told; a second signal ends at once. Nothing is left behind, for
// nothing is kept on disk.
void end_backtest(int number) {
  if (backtest_ends.exchange(true)) _exit(128 + number);
}

void end_backtest_on_signals() {
  struct sigaction action {};
  action.sa_handler = end_backtest;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

void print_alert(const Alert& alert) {
  std::string out;
  JsonWriter json(out);
  write_alert(json, alert);
  std::printf("%s\n", out.c_str());
}

std::string name_of(const BacktestOptions& options) {
  if (options.kafka) return options.kafka->topics;
  const std::string& from = options.from;
  return from == "-" ? "standard input" : std::filesystem::path(from).filename().string();
}

// One run of rules over the input, with its progress drawn.
struct Run {
  const BacktestOptions& options;
  InputProgress progress{};
  Millis took{0};

  Result<BacktestResult> over(const RuleSet& set, EventWatch* watch,
                              std::function<void(const Alert&)> alert) {
    const RealClock clock;
    const auto started = clock.monotonic();
    const ProgressLine line(progress, name_of(options));
    auto result = run_backtest({.config = set.config,
                                .rules = set.rules,
                                .prices = *set.prices,
                                .from = options.from,
                                .kafka = options.kafka ? &*options.kafka : nullptr,
                                .workers = options.workers,
                                .batch = options.batch,
                                .progress = progress,
                                .stop = backtest_ends,
                                .watch = watch,
                                .alert = std::move(alert)});
    took = std::chrono::duration_cast<Millis>(clock.monotonic() - started);
    return result;
  }
};

// How it ended, where that is not as it should be.
int ending(const BacktestResult& result) {
  if (result.broke) {
    std::fprintf(stderr, "tocsin: %s\nWhat is said above is of what came before.\n",
                 result.broke->c_str());
    return kExitFound;
  }
  if (!result.stopped) return kExitOk;
  std::fprintf(stderr, "Stopped before the end: what is said above is of what came before.\n");
  return 128 + SIGINT;
}

void print_header(const ReportOf& of, const Run& run) {
  std::string line = header_text(of);
  if (Terminal::of(STDOUT_FILENO).is_terminal()) {
    line += fmt::format("  {}  {}.{} s", progress_text(run.progress, 10), run.took.count() / 1000,
                        run.took.count() / 100 % 10);
  }
  std::printf("%s\n\n", line.c_str());
}

void print_report(const ReportOf& of, const Config& config) {
  std::printf("%s", table_text(of).c_str());
  for (const std::string& part :
       {messages_text(of.result, config.channels), remarks_text(of), leftovers_text(of.result)}) {
    if (!part.empty()) std::printf("\n%s", part.c_str());
  }
  std::fflush(stdout);
}

// 1 if one of the rules that must not ring did.
int verdict(const BacktestOptions& options, const std::vector<Rule>& rules,
            const BacktestResult& result) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& names = options.fail_if_rang;
    if (result.rules[i].alerts == 0) continue;
    if (std::find(names.begin(), names.end(), rules[i].name) == names.end()) continue;
    std::fprintf(stderr, "tocsin: rule %s rang\n", rules[i].name.c_str());
    return kExitFound;
  }
  return kExitOk;
}

// Which part of Kafka's topics is read, if they are; how it ends where that cannot be found out.
std::optional<int> find_range(BacktestOptions& options, const Config& config) {
  if (options.from == kFromKafka) {
    const auto span = kafka_span(options.since, options.until, config.time_zone);
    if (!span) return kExitUsage;
    options.kafka = kafka_range(config, *span);
    return options.kafka ? std::nullopt : std::optional<int>(kExitFound);
  }
  if (options.since.empty() && options.until.empty()) return std::nullopt;
  std::fprintf(stderr, "tocsin: --since and --until are for --from kafka\n");
  return kExitUsage;
}

int compare(const BacktestOptions& options, const RuleSet& now) {
  const auto old = load_to_compare(options.compare, now);
  if (!old) return kExitConfig;
  Run run{options};
  AlertSet before, after;
  const auto first = run.over(*old, nullptr, [&](const Alert& alert) { before.add(alert); });
  if (!first) return fail(first.error());
  const auto second = run.over(now, nullptr, [&](const Alert& alert) { after.add(alert); });
  if (!second) return fail(second.error());
  print_header({*second, now.rules, now.config.time_zone, name_of(options)}, run);
  std::printf("%s", compare_text(before, after).c_str());
  std::fflush(stdout);
  const int code = ending(*second);
  return code != kExitOk ? code : verdict(options, now.rules, *second);
}

int suggest(BacktestOptions& options) {
  const auto set = load_without_rules(options.rules.config);
  if (!set) return kExitConfig;
  if (const auto code = find_range(options, set->config)) return *code;
  const std::string& zone = set->config.time_zone;
  Run run{options};
  Figures figures(zone);
  const auto seen = run.over(*set, &figures, {});
  if (!seen) return fail(seen.error());
  const ReportOf of{*seen, set->rules, zone, name_of(options)};
  const std::string rules = suggested_rules(figures, header_text(of));
  if (rules.empty()) {
    std::fprintf(stderr, "tocsin: %s has no request that could be counted: nothing to suggest\n%s",
                 of.name.c_str(), leftovers_text(*seen).c_str());
    return kExitFound;
  }
  std::printf("%s", rules.c_str());
  std::fflush(stdout);
  if (seen->stopped || seen->broke) return ending(*seen);
  if (options.from == "-") {
    std::printf(
        "\n# Standard input cannot be read twice: --from FILE also says what they would have "
        "told.\n");
    return kExitOk;
  }
  const auto suggested = load_text(rules, *set);
  if (!suggested) return kExitFound;
  FieldSamples samples(suggested->rules);
  const auto result = run.over(*suggested, samples.wants_events() ? &samples : nullptr, {});
  if (!result) return fail(result.error());
  const ReportOf told{*result, suggested->rules, zone, name_of(options), &samples};
  std::string report = table_text(told);
  for (const std::string& part : {remarks_text(told), leftovers_text(*result)}) {
    if (!part.empty()) report += "\n" + part;
  }
  std::printf("\n# What they would have told:\n#\n%s", as_comment(report).c_str());
  std::fflush(stdout);
  return ending(*result);
}

int backtest(BacktestOptions& options) {
  end_backtest_on_signals();
  if (options.suggest) return suggest(options);
  auto set = load_for_backtest(options.rules);
  if (!set) return kExitConfig;
  const std::vector<Rule>& rules = set->rules;
  if (!knows(rules, options.fail_if_rang)) return kExitUsage;
  std::vector<std::string> tried;
  for (const std::string& text : options.budgets) {
    auto name = try_budget(text, set->rules);
    if (!name) return kExitUsage;
    tried.push_back(std::move(*name));
  }
  if (const auto code = find_range(options, set->config)) return *code;
  if (!options.compare.empty()) return compare(options, *set);
  Run run{options};
  FieldSamples samples(rules);
  const auto result = run.over(*set, options.json || !samples.wants_events() ? nullptr : &samples,
                               options.json ? print_alert : std::function<void(const Alert&)>{});
  if (!result) return fail(result.error());
  if (options.json) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s", leftovers_text(*result).c_str());
  } else {
    const ReportOf of{*result,          rules,    set->config.time_zone,
                      name_of(options), &samples, std::move(tried)};
    print_header(of, run);
    print_report(of, set->config);
  }
  const int code = ending(*result);
  return code != kExitOk ? code : verdict(options, rules, *result);
}

}  // namespace

void add_backtest(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<BacktestOptions>();
  CLI::App* command = app.add_subcommand(
      "backtest", "Say what the rules would have told about a file, or about Kafka's topics");
  command->add_option("--config", options->rules.config, "tocsin.yaml");
  command
      ->add_option("--from", options->from,
                   "events (JSONL, .gz, .zst), a recording, -, or kafka: the topics of the "
                   "sources in tocsin.yaml")
      ->required();
  command->add_option("--since", options->since,
                      "of Kafka: 30d, 2026-11-01, 2026-11-01T09:00 (default: all it has)");
  command->add_option("--until", options->until, "of Kafka: up to then (default: now)");
  auto* rules =
      command->add_option("--rules", options->rules.files,
                          "rule files, or folders of them; then no tocsin.yaml is needed");
  auto* suggest = command->add_flag("--suggest", options->suggest,
                                    "propose rules with budgets from this input");
  auto* compare = command->add_option("--compare", options->compare,
                                      "other rules (file, folder, tocsin.yaml): what differs?");
  auto* budget = command->add_option("--budget", options->budgets,
                                     "RULE=AMOUNT: try another budget, such as 'users=$25'");
  auto* json =
      command->add_flag("--json", options->json, "print an alert object a rung, a line each");
  auto* fail_if =
      command->add_option("--fail-if-rang", options->fail_if_rang, "exit with 1 if this rule rang");
  suggest->excludes(rules)->excludes(compare)->excludes(json)->excludes(fail_if);
  suggest->excludes(budget);
  compare->excludes(json);
  command->add_option("--workers", options->workers, "decode workers (of a recording)")
      ->check(CLI::Range(1, 64));
  command->add_option("--batch", options->batch, "records a commit, at most")
      ->check(CLI::Range(1, 1'000'000));
  command->callback([options, &slot] { slot.run = [options] { return backtest(*options); }; });
}

}  // namespace tocsin
