// SPDX-License-Identifier: Apache-2.0
#include "cli/request_scan.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::int64_t kFirstPart = 50'000;  // records, over all partitions
constexpr std::int64_t kGrowth = 4;
constexpr Millis kPatience{5'000};
constexpr Millis kOutOfOrder{3'600'000};  // what is that much too old has nothing newer before it
constexpr std::uint64_t kAskClockEvery = 256;

class Scan final : Decoder::Sink {
 public:
  Scan(const ScanSetup& setup, RequestVisitor& visitor)
      : setup_(setup),
        visitor_(visitor),
        pricer_(setup.prices),
        deadline_(setup.clock.monotonic() + setup.time) {}

  Scanned run() {
    for (const auto& row : setup_.partitions) {
      const auto next = row.position.next_offset;
      const auto first = setup_.before_engine ? 0 : std::max<std::int64_t>(row.first_offset, 0);
      lanes_.push_back({row.name, std::min(first, next), next, next});
    }
    for (std::int64_t size = kFirstPart; step_back(size); size *= kGrowth) {
      if (!read_part()) break;
    }
    return std::move(scanned_);
  }

 private:
  struct Lane {
    PartitionName name;
    std::int64_t first = 0;  // nothing is wanted before it
    std::int64_t from = 0;   // the part
    std::int64_t until = 0;
    EventTime last_time{};  // of a plain file, for lines without one
  };

  // False: everything is read.
  bool step_back(std::int64_t size) {
    const auto share = size / std::max<std::int64_t>(static_cast<std::int64_t>(lanes_.size()), 1);
    bool more = false;
    for (auto& lane : lanes_) {
      lane.until = lane.from;
      lane.from = std::max(lane.first, lane.from - std::max<std::int64_t>(share, 1));
      more = more || lane.from < lane.until;
    }
    if (!more) scanned_.from_beginning = true;
    return more;
  }

  // False: enough, or no further.
  bool read_part() {
    part_ = {};
    stopped_ = false;
    visitor_.begin_part();
    const auto read = read_lanes();
    if (!read && !stopped_) scanned_.trouble = read.error().message;
    const bool whole = read.has_value() && !stopped_;
    const bool first = scanned_.records == 0;
    // An older part that was not read to its end would leave a hole before the newer ones.
    const bool more = visitor_.end_part(whole);
    if (whole || first) {
      scanned_.records += part_.records;
      if (part_.earliest) scanned_.earliest = least(scanned_.earliest, *part_.earliest);
      if (part_.latest)
        scanned_.latest = std::max(scanned_.latest.value_or(*part_.latest), *part_.latest);
    }
    scanned_.newest_missing = scanned_.newest_missing || (first && !whole);
    if (!whole || !more) return false;
    if (part_.records == 0) {
      scanned_.from_beginning = true;  // what was before is gone from the source
      return false;
    }
    return !(setup_.since && part_.latest && *part_.latest < *setup_.since - kOutOfOrder);
  }

  static EventTime least(std::optional<EventTime> a, EventTime b) {
    return std::min(a.value_or(b), b);
  }

  Result<void> read_lanes() {
    std::map<PartitionName, std::int64_t> starts;
    for (const auto& lane : lanes_) starts[lane.name] = lane.from;
    std::vector<std::unique_ptr<Source>> sources(setup_.config.sources.size());
    for (auto& lane : lanes_) {
      if (lane.from >= lane.until) continue;
      const auto of = source_of(setup_.config, lane.name.topic);
      if (!of) return reject("no source of the config reads " + lane.name.topic);
      if (!sources[*of]) {
        std::map<PartitionName, std::int64_t> own;
        for (const auto& [name, start] : starts) {
          if (source_of(setup_.config, name.topic) == of) own[name] = start;
        }
        auto opened = reopen({setup_.config, setup_.clock, setup_.log}, *of, own);
        if (!opened) return tl::unexpected(opened.error());
        sources[*of] = std::move(*opened);
      }
      if (auto read = read_lane(*sources[*of], lane, setup_.config.sources[*of].format); !read) {
        return read;
      }
      if (stopped_) break;
    }
    return {};
  }

  Result<void> read_lane(Source& source, Lane& lane, const RecordFormat& format) {
    lane_ = &lane;
    Pull pull(source, lane.name, lane.from);
    const auto left =
        std::chrono::ceil<Millis>(deadline_ - setup_.clock.monotonic()) + Millis{1'000};
    return pull.read(
        lane.until,
        [&](const PartitionName&, const Record& record) -> Result<bool> {
          record_ = &record;
          ++part_.records;
          decoder_.begin_batch();
          decoder_.decode(record, format, *this);
          if (part_.records % kAskClockEvery == 0 || setup_.interrupted) {
            stopped_ = setup_.interrupted || setup_.clock.monotonic() > deadline_;
          }
          scanned_.interrupted = setup_.interrupted;
          return !stopped_;
        },
        setup_.clock, std::clamp(left, Millis{1'000}, kPatience));
  }

  void event(const Event& read) override {
    const Lookups* const lookups = setup_.config.lookups.get();
    const Event& event = lookups == nullptr ? read : lookups->fill(read, filled_);
    const EventTime record_time =
        record_->has_timestamp ? record_->timestamp : event.time.value_or(lane_->last_time);
    lane_->last_time = record_time;
    EventTime time = event.time.value_or(record_time);
    if (time > record_time + setup_.config.max_future) time = record_time;
    part_.earliest = least(part_.earliest, time);
    part_.latest = std::max(part_.latest.value_or(time), time);
    pricer_.price(event, time, setup_.config.cost, cost_, &components_);
    visitor_.request({event, lane_->name, record_->offset, time, cost_, components_});
  }

  void quarantined(const Quarantined& bad) override {
    visitor_.quarantined(bad, lane_->name, *record_);
  }

  const ScanSetup& setup_;
  RequestVisitor& visitor_;
  Decoder decoder_;
  Event filled_;
  Pricer pricer_;
  std::chrono::steady_clock::time_point deadline_;
  std::vector<Lane> lanes_;
  Scanned scanned_;
  struct {
    std::uint64_t records = 0;
    std::optional<EventTime> earliest, latest;
  } part_;
  bool stopped_ = false;
  Lane* lane_ = nullptr;
  const Record* record_ = nullptr;
  Cost cost_;
  std::vector<CostComponent> components_;
};

}  // namespace

Scanned scan_requests(const ScanSetup& setup, RequestVisitor& visitor) {
  return Scan(setup, visitor).run();
}

}  // namespace tocsin
