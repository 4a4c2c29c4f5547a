// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>

#include "alert/alert_json.h"
#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_parts.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "cli/recording_text.h"
#include "cli/stderr_log.h"
#include "document/json_writer.h"
#include "file/file_source.h"
#include "file/recording.h"
#include "pipeline/replay.h"
#include "rocks/rocks_store.h"

namespace tocsin {
namespace {

struct Options {
  std::string config;
  std::string from;
  bool json = false;
  unsigned workers = 1;
  std::size_t batch = 10'000;
};

// What of a backtest's state outlives memory, in a folder that goes with it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string path = std::filesystem::temp_directory_path() / "tocsin-backtest-XXXXXX";
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What one rule told.
struct Told {
  std::size_t alerts = 0;
  std::map<std::string, std::size_t> by_rung;
  std::map<std::string, bool> groups;
};

class Report final : public Teller {
 public:
  explicit Report(bool json) : json_(json) {}

  void committed(Committed committed) override {
    for (const auto& recorded : committed.alerts) {
      const Alert& alert = recorded.alert;
      Told& told = by_rule_[alert.rule];
      ++told.alerts;
      ++told.by_rung[alert.rung];
      std::string group;
      for (const auto& [field, value] : alert.group) group += value + '\0';
      told.groups[group] = true;
      if (json_) print(alert);
    }
  }
  void catch_up_ended() override {}
  void trouble(const EngineMessage& message) override {
    if (troubles_.emplace(message.kind + message.subject, true).second) {
      std::fprintf(stderr, "%s\n", message.text.c_str());
    }
  }

  void print_table(const std::vector<Rule>& rules, const Counts& counts) const {
    std::size_t quarantined = 0;
    for (const auto count : counts.quarantined) quarantined += count;
    const std::string line = fmt::format(
        "{}, ${}, {}, {} in quarantine, {} unpriced", plural(counts[Count::events], "request"),
        counts.cost.text(), plural(counts[Count::duplicates], "duplicate"), quarantined,
        counts[Count::unpriced]);
    std::printf("%s\n\n", line.c_str());
    std::size_t width = 4;
    for (const auto& rule : rules) width = std::max(width, rule.name.size());
    std::printf("%-*s  %8s  %8s  by rung\n", static_cast<int>(width), "rule", "rang", "groups");
    for (const auto& rule : rules) {
      const auto found = by_rule_.find(rule.name);
      const Told told = found == by_rule_.end() ? Told{} : found->second;
      std::string rungs;
      for (const auto& rung : rule.ladder) {
        const auto times = told.by_rung.find(rung.text);
        rungs += fmt::format("{}{} {}", rungs.empty() ? "" : " · ", rung.text,
                             times == told.by_rung.end() ? 0 : times->second);
      }
      std::printf("%-*s  %8zu  %8zu  %s\n", static_cast<int>(width), rule.name.c_str(), told.alerts,
                  told.groups.size(), rungs.c_str());
    }
  }

 private:
  static void print(const Alert& alert) {
    std::string out;
    JsonWriter json(out);
    write_alert(json, alert);
    std::printf("%s\n", out.c_str());
  }

  bool json_;
  std::map<std::string, Told> by_rule_;
  std::map<std::string, bool> troubles_;
};

class RecordingInput final : public ReplayInput {
 public:
  explicit RecordingInput(RecordingReader reader) : reader_(std::move(reader)) {}

  Result<bool> next(ReplayItem& item) override {
    for (;;) {
      const auto read = reader_.next();
      if (!read) return tl::unexpected(read.error());
      if (!*read) return false;
      if ((*read)->kind == RecordingItem::Kind::version) {
        auto partitions = parse_version((*read)->text);
        if (!partitions) return reject("a version of the recording cannot be read");
        if (partitions->empty()) continue;
        item.partitions = std::move(*partitions);
        return true;
      }
      if ((*read)->kind == RecordingItem::Kind::record) {
        item.partition = (*read)->partition;
        item.record = (*read)->record;
        return true;
      }
      item.tick = parse_tick((*read)->text);
      if (!item.tick) return reject("a tick of the recording cannot be read");
      return true;
    }
  }

 private:
  RecordingReader reader_;
};

struct NoAlertLog final : AlertLog {
  void append(const Recorded&, WriteBatch&) override {}
  void append(const Resolved&, WriteBatch&) override {}
};

int fail(const Error& error) {
  std::fprintf(stderr, "tocsin: %s\n", error.message.c_str());
  return kExitFound;
}

int backtest(const Options& options) {
  const auto configuration = load_configuration(options.config, Purpose::backtest);
  if (!configuration) return kExitConfig;
  const Config& config = configuration->loaded.config;
  const std::vector<Rule>& rules = configuration->loaded.rules;
  // Standard input cannot be looked into and read again: it is taken as plain events.
  const auto recording = options.from == "-" ? Result<bool>(false) : is_recording(options.from);
  if (!recording) return fail(recording.error());

  ScratchFolder folder;
  auto store = RocksStore::open(folder.path(), static_cast<std::size_t>(config.state.memory) / 2);
  if (!store) return fail(store.error());
  NoAlertLog alert_log;
  auto state = State::open({.store = **store,
                            .rules = rules,
                            .fallback = config.notify,
                            .alert_log = alert_log,
                            .limits = state_limits(config)});
  if (!state) return fail(state.error());

  RealClock clock;
  const auto log = stderr_log();
  Report report(options.json);
  EngineSetup setup{.sources = {},
                    .aggregator = aggregator_setup(config, rules, configuration->prices, **state),
                    .state = **state,
                    .teller = report,
                    .clock = clock,
                    .log = *log,
                    .quarantine = {},
                    .batch = {options.batch, Millis{20}},
                    .live = false,
                    .replay_tick = {},
                    .identify = {}};
  std::unique_ptr<Source> source;
  std::unique_ptr<RecordingInput> input;
  if (*recording) {
    auto reader = RecordingReader::open(options.from);
    if (!reader) return fail(reader.error());
    input = std::make_unique<RecordingInput>(std::move(*reader));
    auto replay = std::make_unique<ReplaySource>(*input, options.workers);
    setup.replay_tick = [of = replay.get()](std::int64_t number, PartitionDirectory& directory) {
      return of->tick(number, directory);
    };
    source = std::move(replay);
    setup.sources.push_back({source.get(), Format::automatic, options.workers});
  } else {
    auto file = FileSource::open({.path = options.from}, std::nullopt, clock);
    if (!file) return fail(file.error());
    source = std::move(*file);
    setup.aggregator.ticks_from_gaps = true;
    setup.sources.push_back({source.get(), Format::automatic, 1, true});
  }
  if (!config.sources.empty()) setup.sources.front().format = config.sources.front().format;
  Engine engine(std::move(setup));
  const std::atomic<bool> never{false};
  if (auto ran = engine.run(never); !ran) return fail(ran.error());
  if (!options.json) report.print_table(rules, (*state)->counts());
  return kExitOk;
}

}  // namespace

void add_backtest(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("backtest", "Say what the rules would have told about a file");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_option("--from", options->from, "events (JSONL, .gz, .zst), a recording, or -")
      ->required();
  command->add_flag("--json", options->json, "print an alert object a rung, a line each");
  command->add_option("--workers", options->workers, "decode workers (of a recording)")
      ->check(CLI::Range(1, 64));
  command->add_option("--batch", options->batch, "records a commit, at most")
      ->check(CLI::Range(1, 1'000'000));
  command->callback([options, &slot] { slot.run = [options] { return backtest(*options); }; });
}

}  // namespace tocsin
