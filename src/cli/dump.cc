// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <map>
#include <variant>

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
#include "window/stream_time.h"

namespace tocsin {
namespace {

constexpr Millis kPullPatience{30'000};
constexpr Millis kTogether{60'000};  // partitions are written so far apart at most

struct DumpOptions {
  std::string config;
  std::string out = "-";
};

// What stands between records: time that passed, or other rules and prices from here on.
struct Mark {
  std::vector<std::pair<std::uint32_t, std::int64_t>> at;  // next offset of each partition
  std::variant<Tick, Version> what;
};

// What the engine has read, and the marks between by their commits.
struct History {
  std::vector<PartitionRow> partitions;
  std::multimap<std::uint64_t, Mark> marks;
};

Result<History> read_history(const Store& store) {
  History history;
  auto partitions = read_partitions(store);
  if (!partitions) return tl::unexpected(partitions.error());
  history.partitions = std::move(*partitions);
  auto versions = read_versions(store);
  if (!versions) return tl::unexpected(versions.error());
  for (Version& version : *versions) {
    const std::uint64_t commit = version.commit;
    history.marks.emplace(commit, Mark{version.at, std::move(version)});
  }
  // Whoever reads a recording must know all partitions before the first record.
  if (!history.marks.empty()) history.marks.begin()->second.at.clear();
  bool good = true;
  const std::string from(1, key::kTick);
  const auto read = store.scan(from, key::after(from), [&](auto key, auto value) {
    Tick tick;
    good = decode_tick(value, tick);
    history.marks.emplace(key::read_u64(key.substr(1)), Mark{tick.at, std::move(tick)});
    return good;
  });
  if (!read) return tl::unexpected(read.error());
  if (!good) return stop("the state is damaged: a row cannot be read");
  return history;
}

std::string text_of(const Tick& tick, const std::vector<PartitionRow>& partitions) {
  NamedTick named;
  named.clock = tick.clock;
  for (const auto id : tick.idle) named.idle.push_back(partitions[id].name);
  return tick_text(named);
}

std::string text_of(const Version& version, const std::vector<PartitionRow>& partitions) {
  RecordedVersion recorded;
  recorded.rules = version.rules;
  if (version.tariff) recorded.prices = version.tariff->list + " " + version.tariff->choice;
  for (const auto& row : partitions) recorded.partitions.push_back(row.name);
  return version_text(recorded);
}

Result<void> write_mark(const Mark& mark, const std::vector<PartitionRow>& partitions,
                        RecordingWriter& writer) {
  if (const auto* tick = std::get_if<Tick>(&mark.what)) {
    return writer.tick(text_of(*tick, partitions));
  }
  return writer.version(text_of(std::get<Version>(mark.what), partitions));
}

// A partition's records, and what of them is recorded beside their values.
struct Lane {
  Pull pull;
  EnvelopeParts parts;
  StreamTime time;         // by stamps: one of 2099 is not believed
  std::int64_t until = 0;  // of what is written now
  bool done = false;
};

class Recorder {
 public:
  Recorder(std::vector<Lane>& lanes, RecordingWriter& writer, const Clock& clock)
      : lanes_(lanes), writer_(writer), clock_(clock) {}

  // All records before these offsets, side by side by their stamps: a reader need not keep for one
  // partition what another has long passed.
  Result<void> write_until(const std::vector<std::pair<std::uint32_t, std::int64_t>>& at) {
    for (Lane& lane : lanes_) lane.done = true;
    for (const auto& [partition, offset] : at) {
      lanes_[partition].until = offset;
      lanes_[partition].done = false;
    }
    while (Lane* const behind = furthest_behind()) {
      if (auto written = write_some(*behind); !written) return written;
    }
    return {};
  }

 private:
  Lane* furthest_behind() {
    Lane* behind = nullptr;
    for (Lane& lane : lanes_) {
      if (!lane.done && (behind == nullptr || lane.time.now() < behind->time.now())) behind = &lane;
    }
    return behind;
  }

  Result<void> write_some(Lane& lane) {
    EventTime next = EventTime::max() - kTogether;
    for (const Lane& other : lanes_) {
      if (!other.done && &other != &lane) next = std::min(next, other.time.now());
    }
    bool paused = false;
    const Pull::Take take = [&](const PartitionName& name, const Record& record) -> Result<bool> {
      if (auto written = writer_.record(name, record, lane.parts); !written) {
        return tl::unexpected(written.error());
      }
      if (record.has_timestamp) {
        lane.time.observe(record.timestamp, record.timestamp, record.log_append_time);
      }
      paused = lane.time.now() > next + kTogether;
      return !paused;
    };
    auto read = lane.pull.read(lane.until, take, clock_, kPullPatience);
    lane.done = !paused;
    return read;
  }

  std::vector<Lane>& lanes_;
  RecordingWriter& writer_;
  const Clock& clock_;
};

Result<void> write_recording(const History& history, std::vector<Lane>& lanes,
                             RecordingWriter& writer, const Clock& clock) {
  Recorder recorder(lanes, writer, clock);
  for (const auto& [commit, mark] : history.marks) {
    if (auto written = recorder.write_until(mark.at); !written) return written;
    if (auto written = write_mark(mark, history.partitions, writer); !written) return written;
  }
  std::vector<std::pair<std::uint32_t, std::int64_t>> end;
  for (const auto& row : history.partitions) {
    end.emplace_back(static_cast<std::uint32_t>(end.size()), row.position.next_offset);
  }
  if (auto written = recorder.write_until(end); !written) return written;
  return writer.close();
}

// A recording that is short of something is no record of what happened: its reader must know.
void tell_gone(const std::vector<Lane>& lanes) {
  for (const Lane& lane : lanes) {
    const Pull& pull = lane.pull;
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
                     envelope_parts(config.sources[*of].format), StreamTime()});
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
