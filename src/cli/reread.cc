// SPDX-License-Identifier: Apache-2.0
#include "cli/reread.h"

#include <algorithm>
#include <filesystem>

#include "rocks/rocks_store.h"

namespace tocsin {
namespace {

constexpr Millis kTogether{60'000};  // partitions are read side by side, so far apart at most
constexpr Millis kNoRecordFor{30'000};
constexpr std::size_t kScratchMemory = 16 << 20;
constexpr std::uint64_t kLookEvery = 1'000;  // records

}  // namespace

Result<std::unique_ptr<ScratchStore>> ScratchStore::make(const std::string& folder) {
  std::unique_ptr<ScratchStore> made(new ScratchStore(folder));
  std::error_code ignored;
  std::filesystem::remove_all(made->folder_, ignored);
  auto store = RocksStore::open(made->folder_, kScratchMemory);
  if (!store) return reject(store.error().message);
  made->store_ = std::move(*store);
  return made;
}

ScratchStore::~ScratchStore() {
  store_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<void> Reread::open(const Into& into) {
  sources_.resize(setup_.config.sources.size());
  for (std::uint32_t i = 0; i < setup_.until.size(); ++i) {
    const PartitionRow& row = setup_.partitions[i];
    const auto of = source_of(setup_.config, row.name.topic);
    if (!of) continue;  // no source reads it any more: it is left as it is
    if (!sources_[*of]) {
      auto opened = reopen({setup_.config, setup_.clock, setup_.log, setup_.since,
                            static_cast<unsigned>(setup_.until.size())},
                           *of, {{row.name, std::max<std::int64_t>(row.first_offset, 0)}});
      if (!opened) return tl::unexpected(opened.error());
      sources_[*of] = std::move(*opened);
    }
    if (!sources_[*of]) continue;
    const SourceConfig& source = setup_.config.sources[*of];
    into.add_lane(i, row.name.topic, source.format);
    lanes_.push_back({i, setup_.until[i], Pull(*sources_[*of], row.name, 0), setup_.since});
  }
  return {};
}

Result<bool> Reread::read_some(const Into& into) {
  Lane* behind = nullptr;
  EventTime next = EventTime::max();
  for (Lane& lane : lanes_) {
    if (lane.done) continue;
    if (behind == nullptr || lane.time < behind->time) {
      if (behind != nullptr) next = std::min(next, behind->time);
      behind = &lane;
    } else {
      next = std::min(next, lane.time);
    }
  }
  if (behind == nullptr) return false;
  const EventTime limit = next == EventTime::max() ? next : next + kTogether;
  std::uint64_t some = 0;
  bool paused = false;
  auto read = behind->pull.read(
      behind->until,
      [&](const PartitionName&, const Record& record) -> Result<bool> {
        if (auto taken = into.take(record, behind->partition); !taken) {
          return tl::unexpected(taken.error());
        }
        note(*behind, record);
        paused = ++some >= kLookEvery || behind->time > limit;
        return !paused;
      },
      setup_.clock, kNoRecordFor);
  if (!read) return tl::unexpected(read.error());
  behind->done = !paused;
  return true;
}

std::uint64_t Reread::of() const {
  std::uint64_t all = 0;
  for (const Lane& lane : lanes_) {
    if (lane.first)
      all += static_cast<std::uint64_t>(std::max<std::int64_t>(lane.until - *lane.first, 0));
  }
  return all;
}

bool Reread::from_the_beginning() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return !lane.first || *lane.first == 0; });
}

void Reread::note(Lane& lane, const Record& record) {
  ++records_;
  if (!lane.first) lane.first = record.offset;
  if (!record.has_timestamp) return;
  lane.time = std::max(lane.time, record.timestamp);
  oldest_ = std::min(oldest_.value_or(record.timestamp), record.timestamp);
}

}  // namespace tocsin
