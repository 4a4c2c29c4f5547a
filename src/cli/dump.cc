// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <map>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_parts.h"
#include "cli/exit_code.h"
#include "cli/real_clock.h"
#include "cli/recording_text.h"
#include "cli/stderr_log.h"
#include "file/file_source.h"
#include "file/recording.h"
#include "kafka/kafka_source.h"
#include "rocks/rocks_store.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

constexpr Millis kPatience{30'000};

struct Options {
  std::string config;
  std::string out = "-";
};

// What the engine has read, and the ticks between.
struct History {
  std::vector<PartitionRow> partitions;
  std::vector<Tick> ticks;
  std::vector<std::string> versions;
};

Result<History> read_history(const Store& store) {
  History history;
  bool good = true;
  const auto scan = [&](char kind, const Snapshot::Row& row) -> Result<void> {
    const std::string from(1, kind);
    auto scanned = store.scan(from, key::after(from), row);
    if (scanned && !good) return stop("the state is damaged: a row cannot be read");
    return scanned;
  };
  auto read = scan(key::kPosition, [&](auto, auto value) {
    good = decode_partition(value, history.partitions.emplace_back());
    return good;
  });
  if (!read) return tl::unexpected(read.error());
  read = scan(key::kTick, [&](auto, auto value) {
    good = decode_tick(value, history.ticks.emplace_back());
    return good;
  });
  if (!read) return tl::unexpected(read.error());
  read = scan(key::kVersion, [&](auto, auto value) {
    RowReader in(value);
    history.versions.emplace_back(in.text());
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return history;
}

// One partition's records, pulled in order: each has a worker of the source to itself.
class Pull {
 public:
  Pull(Source& source, const PartitionName& name, std::int64_t from)
      : source_(source), name_(name), next_(from) {}

  // Writes the records before `until`.
  Result<void> write(std::int64_t until, RecordingWriter& writer, const Clock& clock) {
    auto since = clock.monotonic();
    while (next_ < until) {
      if (left_.empty()) {
        auto polled = poll();
        if (!polled) return polled;
        if (ended_) return {};  // control records or compaction stood at the end
        if (!left_.empty()) since = clock.monotonic();
        if (clock.monotonic() - since > kPatience) {
          return retry(fmt::format("{}[{}] gave no record for 30 s at offset {}: is Kafka up?",
                                   name_.topic, name_.partition, next_));
        }
        continue;
      }
      const Record& record = left_.front();
      if (record.offset >= until) {
        next_ = until;
        return {};
      }
      if (record.offset >= next_) {
        if (auto written = writer.record(name_, record); !written) return written;
        next_ = record.offset + 1;
      }
      left_ = left_.subspan(1);
    }
    return {};
  }

 private:
  Result<void> poll() {
    if (!worker_ && !find_worker()) {
      std::vector<SourceNotice> notices;
      return {};
    }
    std::vector<SourceNotice> notices;
    auto polled = source_.poll(*worker_, 512, Millis{200}, notices);
    if (!polled) return tl::unexpected(polled.error());
    left_ = *polled;
    for (const auto& notice : notices) {
      if (notice.kind == SourceNotice::Kind::at_end && left_.empty()) ended_ = true;
      if (notice.kind == SourceNotice::Kind::halted) return reject(notice.text);
    }
    return {};
  }

  bool find_worker() {
    const auto names = source_.partitions();
    for (unsigned i = 0; i < names.size(); ++i) {
      if (names[i] == name_) worker_ = i;
    }
    return worker_.has_value();
  }

  Source& source_;
  PartitionName name_;
  std::int64_t next_;
  std::optional<unsigned> worker_;
  std::span<const Record> left_;
  bool ended_ = false;
};

NamedTick named(const Tick& tick, const std::vector<PartitionRow>& partitions) {
  NamedTick named;
  named.clock = tick.clock;
  for (const auto id : tick.idle) named.idle.push_back(partitions[id].name);
  return named;
}

Result<void> write_recording(const History& history, std::vector<Pull>& pulls,
                             RecordingWriter& writer, const Clock& clock) {
  std::vector<PartitionName> partitions;
  for (const auto& row : history.partitions) partitions.push_back(row.name);
  for (const auto& version : history.versions) {
    if (auto written = writer.version(version_text(version, partitions)); !written) return written;
  }
  for (const auto& tick : history.ticks) {
    for (const auto& [partition, offset] : tick.at) {
      if (auto written = pulls[partition].write(offset, writer, clock); !written) return written;
    }
    if (auto written = writer.tick(tick_text(named(tick, history.partitions))); !written) {
      return written;
    }
  }
  for (std::size_t i = 0; i < pulls.size(); ++i) {
    const std::int64_t until = history.partitions[i].position.next_offset;
    if (auto written = pulls[i].write(until, writer, clock); !written) return written;
  }
  return writer.close();
}

int fail(const Error& error) {
  std::fprintf(stderr, "tocsin: %s\n", error.message.c_str());
  return kExitFound;
}

// The source of a partition, opened anew from where the engine began, a worker a partition.
Result<std::unique_ptr<Source>> reopen(const SourceConfig& source, const History& history,
                                       const Clock& clock, Log& log) {
  if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) {
    auto opened = FileSource::open({.path = file->path}, std::nullopt, clock);
    if (!opened) return tl::unexpected(opened.error());
    return std::unique_ptr<Source>(std::move(*opened));
  }
  KafkaConfig config = kafka_config(source, {}, {});
  config.workers = static_cast<unsigned>(std::max<std::size_t>(history.partitions.size(), 1));
  config.group.clear();
  KafkaKnown known;
  for (const auto& row : history.partitions) {
    known.positions[row.name] = {std::max<std::int64_t>(row.first_offset, 0), -1, 0};
  }
  auto opened = KafkaSource::open(config, std::move(known), {clock, log});
  if (!opened) return tl::unexpected(opened.error());
  return std::unique_ptr<Source>(std::move(*opened));
}

bool reads(const SourceConfig& source, const std::string& topic) {
  if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) return file->path == topic;
  const auto& topics = std::get<KafkaSourceConfig>(source.from).topics;
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

int dump(const Options& options) {
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  const Config& config = configuration->loaded.config;
  auto store = RocksStore::open_read_only(config.state.path);
  if (!store) return fail(store.error());
  const auto history = read_history(**store);
  if (!history) return fail(history.error());

  RealClock clock;
  const auto log = stderr_log();
  std::vector<std::unique_ptr<Source>> sources;
  for (const auto& source : config.sources) {
    auto opened = reopen(source, *history, clock, *log);
    if (!opened) return fail(opened.error());
    sources.push_back(std::move(*opened));
  }
  std::vector<Pull> pulls;
  for (const auto& row : history->partitions) {
    std::size_t of = 0;
    while (of < sources.size() && !reads(config.sources[of], row.name.topic)) ++of;
    if (of == sources.size()) {
      return fail({Reaction::reject, "no source of the config reads " + row.name.topic +
                                         ", which the state was counted from"});
    }
    pulls.emplace_back(*sources[of], row.name, std::max<std::int64_t>(row.first_offset, 0));
  }
  auto writer = RecordingWriter::open(options.out);
  if (!writer) return fail(writer.error());
  if (auto written = write_recording(*history, pulls, *writer, clock); !written) {
    return fail(written.error());
  }
  return kExitOk;
}

}  // namespace

void add_dump(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "dump", "Write what the engine has read as a recording, which backtest takes");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->add_option("--out", options->out, "the recording; - is standard output");
  command->callback([options, &slot] { slot.run = [options] { return dump(*options); }; });
}

}  // namespace tocsin
