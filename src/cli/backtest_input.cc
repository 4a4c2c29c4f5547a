// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_input.h"

#include <filesystem>

#include "cli/recording_text.h"
#include "cli/stderr_log.h"
#include "file/file_source.h"
#include "file/recording.h"

namespace tocsin {
namespace {

class RecordingInput final : public ReplayInput {
 public:
  RecordingInput(RecordingReader reader, InputProgress& progress, std::set<std::string>& prices)
      : reader_(std::move(reader)), progress_(progress), prices_(prices) {}

  Result<bool> next(ReplayItem& item) override {
    for (;;) {
      const auto read = reader_.next();
      progress_.bytes_read = reader_.bytes_read();
      if (!read) return tl::unexpected(read.error());
      if (!*read) return false;
      if ((*read)->kind == RecordingItem::Kind::version) {
        auto version = parse_version((*read)->text);
        if (!version) return reject("a version of the recording cannot be read");
        if (!version->prices.empty()) prices_.insert(std::move(version->prices));
        if (version->partitions.empty()) continue;
        item.partitions = std::move(version->partitions);
        return true;
      }
      if ((*read)->kind == RecordingItem::Kind::record) {
        item.partition = (*read)->partition;
        item.record = (*read)->record;
        item.envelope = (*read)->envelope;
        return true;
      }
      item.tick = parse_tick((*read)->text);
      if (!item.tick) return reject("a tick of the recording cannot be read");
      return true;
    }
  }

 private:
  RecordingReader reader_;
  InputProgress& progress_;
  std::set<std::string>& prices_;
};

}  // namespace

Result<std::unique_ptr<BacktestInput>> BacktestInput::open(const std::string& from,
                                                           unsigned workers,
                                                           InputProgress& progress) {
  std::unique_ptr<BacktestInput> made(new BacktestInput());
  made->workers_ = workers;
  progress.bytes_read = 0;
  // Standard input cannot be looked into and read again: it is taken as plain events.
  const auto recording = from == "-" ? Result<bool>(false) : is_recording(from);
  if (!recording) return tl::unexpected(recording.error());
  std::error_code unknown;
  const auto size = from == "-" ? 0 : std::filesystem::file_size(from, unknown);
  progress.bytes = unknown ? 0 : static_cast<std::int64_t>(size);
  if (*recording) {
    auto reader = RecordingReader::open(from);
    if (!reader) return tl::unexpected(reader.error());
    made->input_ = std::make_unique<RecordingInput>(std::move(*reader), progress, made->prices_);
    made->replay_ = std::make_unique<ReplaySource>(*made->input_, workers);
  } else {
    auto file = FileSource::open({.path = from, .ends = true, .bytes_read = &progress.bytes_read},
                                 std::nullopt, made->clock_);
    if (!file) return tl::unexpected(file.error());
    made->file_ = std::move(*file);
  }
  return made;
}

Result<std::unique_ptr<BacktestInput>> BacktestInput::open(const KafkaRange& range,
                                                           unsigned workers,
                                                           InputProgress& progress) {
  std::unique_ptr<BacktestInput> made(new BacktestInput());
  made->workers_ = workers;
  made->config_ = &range.config;
  made->log_ = stderr_log();
  progress.bytes_read = 0;
  auto input = read_kafka_range({range, made->clock_, *made->log_, progress});
  if (!input) return tl::unexpected(input.error());
  made->input_ = std::move(*input);
  made->replay_ = std::make_unique<ReplaySource>(*made->input_, workers);
  return made;
}

void BacktestInput::join(EngineSetup& setup, const Config& of_rules) {
  const Config& config = config_ == nullptr ? of_rules : *config_;
  const RecordFormat format =
      config.sources.empty() ? RecordFormat() : config.sources.front().format;
  if (!replay_) {
    setup.aggregator.ticks_from_gaps = true;
    setup.sources.push_back({file_.get(), format, 1, true});
    return;
  }
  setup.replay_tick = [this](std::int64_t number, PartitionDirectory& directory) {
    return replay_->tick(number, directory);
  };
  EngineSource source{replay_.get(), format, workers_};
  for (const SourceConfig& of : config.sources) {
    const auto* kafka = std::get_if<KafkaSourceConfig>(&of.from);
    if (kafka == nullptr) continue;
    for (const auto& topic : kafka->topics) source.by_topic.emplace(topic, of.format);
  }
  setup.sources.push_back(std::move(source));
}

}  // namespace tocsin
