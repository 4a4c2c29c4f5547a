// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode_ahead.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tocsin {
namespace {

constexpr Millis kSourcePoll{100};

}  // namespace

void DecodedChunk::fill(std::span<const Record> records, const RecordFormat& format) {
  decoder_.begin_batch();
  records_.assign(records.begin(), records.end());
  ends_.clear();
  counts_.clear();
  items_.clear();
  bad_.clear();
  good_ = 0;
  std::size_t size = 0;
  for (const auto& record : records) size += record.value.size();
  bytes_.resize(size);
  char* at = bytes_.data();
  for (auto& record : records_) {
    std::memcpy(at, record.value.data(), record.value.size());
    record.value = {at, record.value.size()};
    at += record.value.size();
    const DecodeCounts before = decoder_.counts();
    decoder_.decode(record, format, *this);
    record.envelope = nullptr;  // gone with the next poll, as all that it would read
    ends_.push_back(items_.size());
    counts_.push_back(decoder_.counts().since(before));
  }
}

void DecodedChunk::event(const Event& event) {
  if (good_ == events_.size()) events_.emplace_back();
  events_[good_] = event;
  items_.push_back({true, good_++});
}

void DecodedChunk::quarantined(const Quarantined& bad) {
  items_.push_back({false, bad_.size()});
  bad_.push_back(bad);
}

void DecodedChunk::deliver(std::size_t record, Decoder::Sink& sink) const {
  for (std::size_t i = record == 0 ? 0 : ends_[record - 1]; i < ends_[record]; ++i) {
    if (items_[i].good) {
      sink.event(events_[items_[i].at]);
    } else {
      sink.quarantined(bad_[items_[i].at]);
    }
  }
}

DecodeAhead::DecodeAhead(Source& source, RecordFormat format, std::size_t records)
    : source_(source),
      format_(std::move(format)),
      records_max_(records),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

DecodeAhead::~DecodeAhead() = default;  // the thread is told to stop, and joined

DecodedChunk& DecodeAhead::next() {
  std::unique_lock lock(mutex_);
  if (std::exchange(holding_, false)) {
    ++taken_;
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return filled_ > taken_; });
  holding_ = true;
  return chunks_[taken_ % kChunks];
}

void DecodeAhead::run(const std::stop_token& stop) {
  for (std::uint64_t i = 0; !stop.stop_requested(); ++i) {
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [&] { return i - taken_ < kChunks; })) return;
    }
    DecodedChunk& chunk = chunks_[i % kChunks];
    chunk.notices.clear();
    const auto polled = source_.poll(0, records_max_, kSourcePoll, chunk.notices);
    if (polled) {
      chunk.fill(*polled, format_);
    } else {
      chunk.error = polled.error();
    }
    const bool is_last =
        chunk.error ||
        std::any_of(chunk.notices.begin(), chunk.notices.end(), [](const SourceNotice& notice) {
          return notice.kind == SourceNotice::Kind::ended;
        });
    const std::lock_guard lock(mutex_);
    ++filled_;
    changed_.notify_all();
    if (is_last) return;
  }
}

}  // namespace tocsin
