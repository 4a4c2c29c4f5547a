// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <map>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "cli/recording_text.h"
#include "cli/source_reader.h"
#include "cli/stderr_log.h"
#include "event/mapping.h"
#include "file/recording.h"
#include "notify/plain_text.h"
#include "rocks/rocks_store.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

constexpr Millis kPullPatience{30'000};

struct DumpOptions {
  std::string config;
  std::string out = "-";
};

// What the engine has read, and the ticks between.
struct History {
  std::vector<PartitionRow> partitions;
  std::vector<Tick> ticks;
  std::vector<Version> versions;
};

Result<History> read_history(const Store& store) {
  History history;
  auto partitions = read_partitions(store);
  if (!partitions) return tl::unexpected(partitions.error());
  history.partitions = std::move(*partitions);
  bool good = true;
  const std::string from(1, key::kTick);
  const auto read = store.scan(from, key::after(from), [&](auto, auto value) {
    good = decode_tick(value, history.ticks.emplace_back());
    return good;
  });
  if (!read) return tl::unexpected(read.error());
  if (!good) return stop("the state is damaged: a row cannot be read");
  auto versions = read_versions(store);
  if (!versions) return tl::unexpected(versions.error());
  history.versions = std::move(*versions);
  return history;
}

NamedTick named(const Tick& tick, const std::vector<PartitionRow>& partitions) {
  NamedTick named;
  named.clock = tick.clock;
  for (const auto id : tick.idle) named.idle.push_back(partitions[id].name);
  return named;
}

// A partition's records, and what of them is recorded beside their values.
struct Lane {
  Pull pull;
  EnvelopeParts parts;
};

Result<void> write_recording(const History& history, std::vector<Lane>& lanes,
                             RecordingWriter& writer, const Clock& clock) {
  std::vector<PartitionName> partitions;
  for (const auto& row : history.partitions) partitions.push_back(row.name);
  for (const auto& version : history.versions) {
    const RecordedVersion recorded{
        version.rules,
        version.tariff ? version.tariff->list + " " + version.tariff->choice : std::string(),
        partitions};
    if (auto written = writer.version(version_text(recorded)); !written) return written;
  }
  const auto write = [&](Lane& lane, std::int64_t until) {
    const Pull::Take take = [&](const PartitionName& name, const Record& record) -> Result<bool> {
      if (auto written = writer.record(name, record, lane.parts); !written) {
        return tl::unexpected(written.error());
      }
      return true;
    };
    return lane.pull.read(until, take, clock, kPullPatience);
  };
  for (const auto& tick : history.ticks) {
    for (const auto& [partition, offset] : tick.at) {
      if (auto written = write(lanes[partition], offset); !written) return written;
    }
    if (auto written = writer.tick(tick_text(named(tick, history.partitions))); !written) {
      return written;
    }
  }
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::int64_t until = history.partitions[i].position.next_offset;
    if (auto written = write(lanes[i], until); !written) return written;
  }
  return writer.close();
}

// A recording that is short of something is no record of what happened: its reader must know.
void tell_gone(const std::vector<Lane>& lanes) {
  for (const auto& [pull, parts] : lanes) {
    const auto& [from, count] = pull.gone();
    if (count == 0) continue;
    std::fprintf(stderr,
                 "tocsin: %s[%d]: %s from %lld on %s not there any more; the recording is short of "
                 "%s\n",
                 clean_text(pull.name().topic).c_str(), pull.name().partition,
                 plural(static_cast<std::size_t>(count), "offset").c_str(),
                 static_cast<long long>(from), count == 1 ? "is" : "are",
                 count == 1 ? "it" : "them");
  }
}

int dump(const DumpOptions& options) {
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  const Config& config = configuration->loaded.config;
  auto store = RocksStore::open_read_only(config.state.path);
  if (!store) return fail(store.error());
  const auto history = read_history(**store);
  if (!history) return fail(history.error());

  RealClock clock;
  const auto log = stderr_log();
  std::map<PartitionName, std::int64_t> starts;
  for (const auto& row : history->partitions) {
    starts[row.name] = std::max<std::int64_t>(row.first_offset, 0);
  }
  std::vector<std::unique_ptr<Source>> sources;
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    auto opened = reopen({config, clock, *log}, i, starts);
    if (!opened) return fail(opened.error());
    sources.push_back(std::move(*opened));
  }
  std::vector<Lane> lanes;
  for (const auto& row : history->partitions) {
    const auto of = source_of(config, row.name.topic);
    if (!of) {
      return fail({Reaction::reject, "no source of the config reads " + row.name.topic +
                                         ", which the state was counted from"});
    }
    lanes.push_back({Pull(*sources[*of], row.name, starts[row.name]),
                     envelope_parts(config.sources[*of].format)});
  }
  auto writer = RecordingWriter::open(options.out);
  if (!writer) return fail(writer.error());
  if (auto written = write_recording(*history, lanes, *writer, clock); !written) {
    return fail(written.error());
  }
  tell_gone(lanes);
  return kExitOk;
}

}  // namespace

void add_dump(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<DumpOptions>();
  CLI::App* command = app.add_subcommand(
      "dump", "Write what the engine has read as a recording, which backtest takes");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_option("--out", options->out, "the recording; - is standard output");
  command->callback([options, &slot] { slot.run = [options] { return dump(*options); }; });
}

}  // namespace tocsin
