// SPDX-License-Identifier: Apache-2.0
#include "cli/kafka_range.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cli/engine_parts.h"
#include "cli/plural.h"
#include "cli/source_reader.h"
#include "event/mapping.h"
#include "file/recording.h"
#include "kafka/kafka_source.h"
#include "pipeline/merged_input.h"

namespace tocsin {
namespace {

constexpr Millis kAnswerMax{10'000};
constexpr Millis kPatience{30'000};

// One partition out of a source that is read partition by partition.
class PullReader final : public PartitionReader {
 public:
  PullReader(std::shared_ptr<Source> source, const KafkaRange::Part& part, EnvelopeParts beside,
             const KafkaRangeReading& reading)
      : source_(std::move(source)),
        pull_(*source_, part.name, part.from),
        next_(part.from),
        until_(part.until),
        beside_(std::move(beside)),
        reading_(reading) {}

  const PartitionName& name() const override { return pull_.name(); }

  Result<bool> next(ReplayItem& item) override {
    bool found = false;
    const Pull::Take take = [&](const PartitionName&, const Record& record) -> Result<bool> {
      keep(record, item);
      found = true;
      return false;
    };
    if (auto read = pull_.read(until_, take, reading_.clock, kPatience); !read) {
      return tl::unexpected(read.error());
    }
    if (auto lost = lost_records(); !lost) return tl::unexpected(lost.error());
    const std::int64_t at = found ? item.record.offset + 1 : until_;
    reading_.progress.bytes_read += at - next_;
    next_ = at;
    return found;
  }

 private:
  // Views of Kafka's messages end with the source's next poll.
  void keep(const Record& record, ReplayItem& item) {
    value_.assign(record.value);
    item.record = record;
    item.record.value = value_;
    item.record.envelope = nullptr;
    item.record.message = nullptr;
    if (record.envelope == nullptr || beside_ == EnvelopeParts{}) return;
    auto envelope = std::make_shared<RecordedEnvelope>();
    if (beside_.key) {
      if (const auto key = record.envelope->key(record)) envelope->key_bytes = std::string(*key);
    }
    for (const std::string& name : beside_.headers) {
      const auto header = record.envelope->header(record, name);
      if (header) envelope->header_bytes.emplace(name, *header);
    }
    item.envelope = std::move(envelope);
  }

  // What was there when the range was found, and is not any more.
  Result<void> lost_records() const {
    const auto& [from, count] = pull_.gone();
    if (count == 0) return {};
    return reject(name().topic + "[" + std::to_string(name().partition) + "]: offsets from " +
                  std::to_string(from) +
                  " on were deleted by Kafka while they were being read; begin later");
  }

  std::shared_ptr<Source> source_;
  Pull pull_;
  std::int64_t next_;
  std::int64_t until_;
  EnvelopeParts beside_;
  const KafkaRangeReading reading_;
  std::string value_;
};

const KafkaSourceConfig* kafka_of(const SourceConfig& source) {
  return std::get_if<KafkaSourceConfig>(&source.from);
}

// The parts of one source. It is closed again: how many partitions there are decides how it is
// read.
Result<void> find_parts(const KafkaRangeOf& of, std::size_t index, KafkaRange& range) {
  KafkaConfig config = kafka_config(of.config.sources[index], {}, {});
  config.group.clear();
  const auto source = KafkaSource::open(config, {}, {of.clock, of.log});
  if (!source) return tl::unexpected(source.error());
  const auto held = (*source)->watermarks(kAnswerMax);
  if (!held) return tl::unexpected(held.error());
  std::map<PartitionName, std::int64_t> since, until;
  for (const auto& [time, offsets] : {std::pair(of.since, &since), std::pair(of.until, &until)}) {
    if (!time) continue;
    auto found = (*source)->offsets_at(*time, kAnswerMax);
    if (!found) return tl::unexpected(found.error());
    *offsets = std::move(*found);
  }
  for (const auto& [name, log] : *held) {
    const auto offset = [&, high = log.high](const auto& found) {
      const auto at = found.find(name);
      return at == found.end() ? high : std::min(at->second, high);
    };
    const std::int64_t end = of.until ? offset(until) : log.high;
    const std::int64_t start = of.since ? offset(since) : log.low;
    range.parts.push_back({index, name, std::min(start, end), end});
  }
  return {};
}

}  // namespace

std::int64_t KafkaRange::offsets() const {
  std::int64_t count = 0;
  for (const Part& part : parts) count += part.until - part.from;
  return count;
}

Result<KafkaRange> find_kafka_range(const KafkaRangeOf& of) {
  KafkaRange range;
  range.config = of.config;
  const EventTime now = as_event_time(of.clock.wall());
  range.until = std::min(of.until.value_or(now), now);
  std::vector<std::string> topics;
  for (std::size_t i = 0; i < of.config.sources.size(); ++i) {
    const auto* kafka = kafka_of(of.config.sources[i]);
    if (kafka == nullptr) continue;
    topics.insert(topics.end(), kafka->topics.begin(), kafka->topics.end());
    if (auto found = find_parts(of, i, range); !found) return tl::unexpected(found.error());
  }
  if (topics.empty()) {
    return reject("tocsin.yaml has no Kafka source: --from kafka reads its topics");
  }
  range.topics = topics.size() == 1 ? topics.front() : plural(topics.size(), "topic");
  if (range.offsets() == 0) {
    return reject(range.topics + (topics.size() == 1 ? " holds" : " hold") +
                  " no record of that time; without --since all that Kafka still has is read");
  }
  return range;
}

Result<std::unique_ptr<ReplayInput>> read_kafka_range(const KafkaRangeReading& reading) {
  const KafkaRange& range = reading.range;
  std::vector<std::unique_ptr<PartitionReader>> readers;
  reading.progress.bytes = range.offsets();
  for (std::size_t i = 0; i < range.config.sources.size(); ++i) {
    std::map<PartitionName, std::int64_t> starts;
    for (const auto& part : range.parts) {
      if (part.source == i) starts[part.name] = part.from;
    }
    if (starts.empty()) continue;
    auto opened = reopen({range.config, reading.clock, reading.log}, i, starts);
    if (!opened) return tl::unexpected(opened.error());
    const std::shared_ptr<Source> source = std::move(*opened);
    const EnvelopeParts beside = envelope_parts(range.config.sources[i].format);
    for (const auto& part : range.parts) {
      if (part.source != i) continue;
      readers.push_back(std::make_unique<PullReader>(source, part, beside, reading));
    }
  }
  return std::make_unique<MergedInput>(std::move(readers), range.until);
}

}  // namespace tocsin
