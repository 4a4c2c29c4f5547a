// SPDX-License-Identifier: Apache-2.0
#include "cli/source_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/engine_parts.h"
#include "cli/ingest_parts.h"
#include "file/file_source.h"
#include "file/local_log_source.h"
#include "kafka/kafka_source.h"
#include "state/keys.h"

namespace tocsin {
namespace {

constexpr unsigned kAddedMax = 16;
// Where a record comes only now and then, stream time lags far behind their stamps, and with it how
// long ids are known and what is late. It takes a few to agree with who read all.
constexpr std::int64_t kRecordsBefore = 1'000;

}  // namespace

Result<std::vector<PartitionRow>> read_partitions(const Snapshot& snapshot) {
  std::vector<PartitionRow> partitions;
  bool good = true;
  const std::string from(1, key::kPosition);
  const auto read = snapshot.scan(from, key::after(from), [&](auto, auto value) {
    good = decode_partition(value, partitions.emplace_back());
    return good;
  });
  if (!read) return tl::unexpected(read.error());
  if (!good) return stop("the state is damaged: a row cannot be read");
  return partitions;
}

std::optional<EventTime> latest_time(const std::vector<PartitionRow>& partitions) {
  std::optional<EventTime> latest;
  for (const auto& row : partitions) {
    if (row.stream_time.now == StreamTime::kUnset) continue;
    latest = std::max(latest.value_or(row.stream_time.now), row.stream_time.now);
  }
  return latest;
}

std::optional<std::size_t> source_of(const Config& config, const std::string& topic) {
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const auto& from = config.sources[i].from;
    if (const auto* file = std::get_if<FileSourceConfig>(&from)) {
      if (file->path == topic) return i;
      continue;
    }
    if (const auto* senders = std::get_if<HttpSourceConfig>(&from)) {
      if (senders->into.empty() && topic == LocalLogSource::kTopic) return i;
      continue;
    }
    const auto& topics = std::get<KafkaSourceConfig>(from).topics;
    if (std::find(topics.begin(), topics.end(), topic) != topics.end()) return i;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Source>> reopen(const Reopening& from, std::size_t index,
                                       const std::map<PartitionName, std::int64_t>& starts) {
  const SourceConfig& source = from.config.sources[index];
  const auto start_of = [&](const std::string& topic) {
    const auto start = starts.find({topic, 0});
    return start == starts.end() ? 0 : start->second;
  };
  if (const auto* file = std::get_if<FileSourceConfig>(&source.from)) {
    std::optional<Position> position;
    const std::int64_t start = start_of(file->path);
    if (start > 0) position = Position{start, -1, 0};
    return as_source(FileSource::open({.path = file->path}, position, from.clock));
  }
  if (const auto* senders = std::get_if<HttpSourceConfig>(&source.from)) {
    if (!senders->into.empty()) return nullptr;
    return as_source(
        LocalLogSource::read(local_log_folder(from.config), start_of(LocalLogSource::kTopic)));
  }
  KafkaConfig config = kafka_config(source, {}, {});
  // Partitions added since would share a worker with ours.
  config.workers = static_cast<unsigned>(starts.size()) + kAddedMax;
  config.group.clear();
  KafkaKnown known;
  if (from.since) {
    config.workers = from.partitions + kAddedMax;
    config.start = {KafkaStart::Kind::time, *from.since, kRecordsBefore};
    return as_source(KafkaSource::open(config, std::move(known), {from.clock, from.log}));
  }
  for (const auto& [name, start] : starts) known.positions[name] = {start, -1, 0};
  return as_source(KafkaSource::open(config, std::move(known), {from.clock, from.log}));
}

Result<void> Pull::read(std::int64_t until, const Take& take, const Clock& clock, Millis patience) {
  auto since = clock.monotonic();
  while (next_ < until) {
    if (left_.empty()) {
      auto polled = poll();
      if (!polled) return polled;
      if (ended_) return {};  // control records or compaction stood at the end
      if (!left_.empty()) since = clock.monotonic();
      if (clock.monotonic() - since > patience) {
        return retry(fmt::format("{}[{}] gave no record for {} s at offset {}: is Kafka up?",
                                 name_.topic, name_.partition, patience / Millis{1000}, next_));
      }
      continue;
    }
    const Record& record = left_.front();
    if (record.offset >= until) {
      next_ = until;
      return {};
    }
    if (record.offset >= next_) {
      const auto taken = take(name_, record);
      if (!taken) return tl::unexpected(taken.error());
      next_ = record.offset + 1;
      if (!*taken) return {};
    }
    left_ = left_.subspan(1);
  }
  return {};
}

Result<void> Pull::poll() {
  if (!worker_ && !find_worker()) {
    std::this_thread::sleep_for(Millis{5});  // partitions come by and by
    return {};
  }
  std::vector<SourceNotice> notices;
  auto polled = source_.poll(*worker_, 512, Millis{200}, notices);
  if (!polled) return tl::unexpected(polled.error());
  left_ = *polled;
  for (const auto& notice : notices) {
    if (notice.kind == SourceNotice::Kind::at_end && left_.empty()) ended_ = true;
    if (notice.kind == SourceNotice::Kind::lost && notice.partition == *worker_) {
      if (gone_.count == 0) gone_.from = notice.lost_from;
      gone_.count += notice.lost_until - notice.lost_from;
    }
    if (notice.kind == SourceNotice::Kind::halted) return reject(notice.text);
  }
  return {};
}

bool Pull::find_worker() {
  const auto names = source_.partitions();
  for (unsigned i = 0; i < names.size(); ++i) {
    if (names[i] == name_) worker_ = i;
  }
  return worker_.has_value();
}

}  // namespace tocsin
