// SPDX-License-Identifier: Apache-2.0
#include "file/local_log_source.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <limits>

namespace tocsin {
namespace {

using Kind = SourceNotice::Kind;

constexpr std::int64_t kNoEnd = std::numeric_limits<std::int64_t>::max();

// Of what stands in the log: a record and when it came. It is stored, so it never changes.
std::uint64_t log_hash(std::int64_t time, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), static_cast<XXH64_hash_t>(time));
}

std::string count_of(std::int64_t records) {
  return std::to_string(records) + (records == 1 ? " record" : " records");
}

}  // namespace

Result<std::unique_ptr<LocalLogSource>> LocalLogSource::follow(LocalLog& log,
                                                               std::optional<Position> position,
                                                               ReadingGuard* guard) {
  const std::int64_t from = position ? position->next_offset : log.start();
  std::unique_ptr<LocalLogSource> source(new LocalLogSource(&log, log.folder(), from, guard));
  if (!position) return source;
  source->fresh_ = false;
  const std::int64_t last = position->last_offset;
  if (last < log.start() || last >= log.end()) return source;
  LogReader reader(log.folder(), last);
  const auto step = reader.next(last + 1);
  if (!step) return tl::unexpected(step.error());
  if (*step && !(*step)->values.empty() &&
      log_hash((*step)->time, (*step)->values.front()) != position->last_record_hash) {
    return reject(log.folder() +
                  " is not the log that this state was counted from: bring that "
                  "one back, or start with a new state.path");
  }
  return source;
}

Result<std::unique_ptr<LocalLogSource>> LocalLogSource::read(std::string folder,
                                                             std::int64_t from) {
  auto segments = list_segments(folder);
  if (!segments) return tl::unexpected(segments.error());
  std::unique_ptr<LocalLogSource> source(
      new LocalLogSource(nullptr, std::move(folder), from, nullptr));
  source->fresh_ = false;
  return source;
}

Result<std::span<const Record>> LocalLogSource::poll(unsigned /*worker*/, std::size_t max,
                                                     Millis wait,
                                                     std::vector<SourceNotice>& notices) {
  if (!begun_) begin(notices);
  if (log_ != nullptr && end_asked_.exchange(false)) {
    notices.push_back(source_notice(Kind::end_offset, 0, log_->end(), {}));
  }
  if (halted_) resume(notices);
  if (halted_) {
    log_->wait_beyond(kNoEnd, wait);
    return std::span<const Record>();
  }
  if (given_ == records_.size()) {
    if (auto read = read_on(wait, notices); !read) return tl::unexpected(read.error());
  }
  const std::size_t count = std::min(max, records_.size() - given_);
  const auto given = std::span<const Record>(records_).subspan(given_, count);
  given_ += count;
  if (count > 0) next_ = given.back().offset + 1;
  return given;
}

void LocalLogSource::begin(std::vector<SourceNotice>& notices) {
  begun_ = true;
  if (fresh_) {
    notices.push_back(source_notice(Kind::begins, 0, next_, folder_ + " is read from its start"));
  }
  if (guard_ == nullptr) return;
  const auto advice = guard_->advise(name(), next_);
  deadly_ = advice.deadly;
  if (advice.deaths >= ReadingGuard::kDeathsMax && !advice.deadly) {
    return halt("Tocsin died " + std::to_string(advice.deaths) +
                    " times in a row as it read what came over HTTP, from offset " +
                    std::to_string(next_) +
                    " on; nothing from there on is counted until it is "
                    "skipped",
                notices);
  }
  guard_->begins(name(), next_);
  guard_->sync();
}

void LocalLogSource::halt(std::string why, std::vector<SourceNotice>& notices) {
  halted_ = true;
  guard_->halted(name(), next_);
  notices.push_back(source_notice(Kind::halted, 0, next_, std::move(why)));
  notices.back().advice =
      "`tocsin skip @http 0` goes on one record later, with `--to OFFSET` further on. What is "
      "skipped is told as lost, the rest is counted. Please report it, it is a defect of Tocsin.";
}

// When a person has decided to skip what is there.
void LocalLogSource::resume(std::vector<SourceNotice>& notices) {
  const auto skip = guard_->advise(name(), next_).skip_until;
  if (!skip || std::min(*skip, log_->end()) <= next_) return;
  const std::int64_t until = std::min(*skip, log_->end());
  notices.push_back(source_notice(
      Kind::resumed, 0, next_,
      "What came over HTTP is read again, from offset " + std::to_string(until) + " on"));
  const std::string skipped = count_of(until - next_) + " from offset " + std::to_string(next_) +
                              " on were skipped by tocsin skip and never counted";
  notices.push_back(lost_notice(0, next_, until, skipped));
  halted_ = false;
  deadly_.reset();
  next_ = until;
  reader_ = LogReader(folder_, next_);
  records_.clear();
  given_ = 0;
  guard_->begins(name(), next_);
  guard_->sync();
}

void LocalLogSource::tell_end(std::vector<SourceNotice>& notices) {
  if (told_end_ && log_ != nullptr) return;
  told_end_ = true;
  notices.push_back(source_notice(Kind::at_end, 0, next_, {}));
}

Result<void> LocalLogSource::read_on(Millis wait, std::vector<SourceNotice>& notices) {
  records_.clear();
  given_ = 0;
  if (deadly_ == next_) {
    halt("Tocsin died " + std::to_string(ReadingGuard::kDeathsMax) +
             " times at the record with offset " + std::to_string(next_) +
             " of what came over HTTP; nothing from there on is counted until it is skipped",
         notices);
    return {};
  }
  std::int64_t end = log_ == nullptr ? kNoEnd : log_->end();
  if (next_ >= end) {
    tell_end(notices);
    if (!notices.empty()) return {};
    end = log_->wait_beyond(next_, wait);
  }
  if (log_ != nullptr && next_ >= end) {
    if (const auto failure = log_->failure()) return stop(*failure);
    return {};
  }
  const auto step = reader_.next(end);
  if (!step) return tl::unexpected(step.error());
  if (*step) {
    take(**step, notices);
    return {};
  }
  if (log_ != nullptr) {
    return stop(folder_ + " has lost what was written to it from offset " + std::to_string(next_) +
                " on: did anything else change its files?");
  }
  tell_end(notices);
  return {};
}

void LocalLogSource::take(const LogReader::Step& step, std::vector<SourceNotice>& notices) {
  told_end_ = false;
  if (step.values.empty()) {
    next_ = step.lost_until;
    notices.push_back(lost_notice(
        0, step.first_offset, step.lost_until,
        folder_ + " is damaged: " + count_of(step.lost_until - step.first_offset) +
            " from offset " + std::to_string(step.first_offset) + " on cannot be read"));
    return;
  }
  for (std::size_t i = 0; i < step.values.size(); ++i) {
    Record record;
    record.offset = step.first_offset + static_cast<std::int64_t>(i);
    if (deadly_ == record.offset) break;
    record.timestamp = event_time_ms(step.time);
    record.log_append_time = true;
    record.hash = log_hash(step.time, step.values[i]);
    record.value = step.values[i];
    records_.push_back(record);
  }
}

void LocalLogSource::mirror(std::span<const std::pair<PartitionName, std::int64_t>> next_offsets) {
  if (log_ == nullptr) return;
  for (const auto& [partition, offset] : next_offsets) {
    if (partition == name()) log_->counted(offset);
  }
}

}  // namespace tocsin
