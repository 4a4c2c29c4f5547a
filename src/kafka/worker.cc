// SPDX-License-Identifier: Apache-2.0
#include "kafka/worker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "kafka/notices.h"
#include "kafka/record_hash.h"

namespace tocsin::kafka {
namespace {

using Kind = SourceNotice::Kind;

// From here on a poll counts as backlog. Live traffic stays below: 500 records in a poll of 2 ms.
constexpr std::size_t kBacklogRecords = 500;
constexpr std::size_t kBacklogBytes = 1 << 20;

std::optional<std::string_view> bytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data), size);
}

Record as_record(const rd_kafka_message_t& message, PartitionIndex partition) {
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &type);
  const auto value = bytes(message.payload, message.len);
  Record record;
  record.partition = partition;
  record.offset = message.offset;
  record.timestamp = event_time_ms(timestamp);
  record.has_timestamp = type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  record.log_append_time = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
  record.hash = record_hash(timestamp, bytes(message.key, message.key_len), value);
  record.value = value.value_or(std::string_view());
  return record;
}

// No text, whoever reads it: what stands for a header of those that are not even headers.
constexpr std::string_view kBroken = "\xff";

// What is stored cannot be read, and will not change by itself.
bool is_damage(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__BAD_MSG || error == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
         error == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED || error == RD_KAFKA_RESP_ERR_INVALID_MSG ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
         error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
}

}  // namespace

Worker::Worker(Client& client, Waker& waker)
    : client_(client), waker_(waker), queue_(client.queue()) {}

std::optional<std::string_view> Worker::Envelope::key(const Record& record) const {
  const auto* message = static_cast<const rd_kafka_message_t*>(record.message);
  return bytes(message->key, message->key_len);
}

// librdkafka parses a message's headers when they are first asked for.
std::optional<std::string_view> Worker::Envelope::header(const Record& record,
                                                         const std::string& name) const {
  const auto* message = static_cast<const rd_kafka_message_t*>(record.message);
  rd_kafka_headers_t* headers = nullptr;  // the message's
  const auto parsed = rd_kafka_message_headers(message, &headers);
  if (parsed == RD_KAFKA_RESP_ERR__NOENT) return std::nullopt;
  if (parsed != RD_KAFKA_RESP_ERR_NO_ERROR) return kBroken;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name.c_str(), &value, &size) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return bytes(value, size);
}

Result<std::span<const Record>> Worker::poll(std::size_t max, Millis wait,
                                             std::vector<SourceNotice>& notices) {
  records_.clear();
  held_.clear();
  held_bytes_ = 0;
  const std::size_t notices_before = notices.size();
  if (inbox_full_.load(std::memory_order_acquire) && !take_inbox(notices)) {
    const std::lock_guard lock(mutex_);
    return tl::unexpected(*failure_);
  }
  int timeout = notices.size() > notices_before ? 0 : static_cast<int>(wait.count());
  while (records_.size() < max) {
    // One by one: the batch call of this librdkafka can skip records.
    Message message(rd_kafka_consume_queue(queue_, timeout));
    if (!message) break;
    timeout = 0;
    if (client_.suspicion() != suspicion_seen_) suspend_all();
    take(std::move(message), notices);
  }
  if (records_.size() >= kBacklogRecords || held_bytes_ >= kBacklogBytes) waker_.backlog();
  return std::span<const Record>(records_);
}

void Worker::give(std::optional<PartitionStart> start, std::vector<SourceNotice> notices) {
  const std::lock_guard lock(mutex_);
  if (start) starts_.push_back(std::move(*start));
  for (auto& each : notices) notices_.push_back(std::move(each));
  inbox_full_.store(true, std::memory_order_release);
}

void Worker::fail(Error error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
  inbox_full_.store(true, std::memory_order_release);
}

std::vector<Suspended> Worker::take_suspended() {
  const std::lock_guard lock(mutex_);
  return std::exchange(suspended_, {});
}

// False: the source has failed.
bool Worker::take_inbox(std::vector<SourceNotice>& notices) {
  std::vector<PartitionStart> starts;
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return false;
    starts.swap(starts_);
    for (auto& each : notices_) notices.push_back(std::move(each));
    notices_.clear();
    inbox_full_.store(false, std::memory_order_relaxed);
  }
  for (const PartitionStart& start : starts) begin(start);
  return true;
}

void Worker::begin(const PartitionStart& start) {
  const auto ordinal = static_cast<TopicSlot*>(rd_kafka_topic_opaque(start.topic))->ordinal;
  const auto partition = static_cast<std::size_t>(start.name.partition);
  if (by_topic_.size() <= ordinal) by_topic_.resize(ordinal + 1);
  auto& row = by_topic_[ordinal];
  if (row.size() <= partition) row.resize(partition + 1, nullptr);
  if (row[partition] == nullptr) row[partition] = &readings_.emplace_back();
  Reading& reading = *row[partition];
  reading = {start.index,
             start.name,
             start.verify ? Phase::verifying : Phase::reading,
             start.position,
             start.deadly.value_or(kNone),
             reading.damaged_at,
             reading.damaged};
  // Here and not in control: whatever an earlier fetch left in the queue was taken, and dropped,
  // by this thread before.
  if (!client_.start(start.topic, start.name.partition, start.offset, queue_)) suspend(reading);
}

Worker::Reading* Worker::find(const rd_kafka_message_t& message) const {
  if (message.rkt == nullptr) return nullptr;
  const auto* slot = static_cast<const TopicSlot*>(rd_kafka_topic_opaque(message.rkt));
  if (slot == nullptr || slot->ordinal >= by_topic_.size()) return nullptr;
  const auto& row = by_topic_[slot->ordinal];
  const auto partition = static_cast<std::size_t>(message.partition);
  return partition < row.size() ? row[partition] : nullptr;
}

void Worker::take(Message message, std::vector<SourceNotice>& notices) {
  Reading* reading = find(*message);
  if (reading == nullptr) return;
  if (reading->phase == Phase::waiting || reading->phase == Phase::halted) return;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    take_event(*reading, *message, notices);
  } else {
    take_record(*reading, std::move(message), notices);
  }
}

void Worker::take_record(Reading& reading, Message message, std::vector<SourceNotice>& notices) {
  Position& position = reading.position;
  Record record = as_record(*message, reading.index);
  if (reading.phase == Phase::verifying) {
    if (record.offset < position.last_offset) return;
    reading.phase = Phase::reading;
    if (record.offset == position.last_offset) {
      if (record.hash != position.last_record_hash) {
        halt(reading, Suspended::Kind::halted,
             halted_notice(reading.index, position.next_offset,
                           rewritten_text(reading.name, record.offset)),
             notices);
      }
      return;
    }
    notices.push_back(source_notice(Kind::unverified, reading.index, record.offset,
                                    unverified_text(reading.name)));
  }
  if (record.offset < position.next_offset) return;
  if (record.offset >= reading.deadly) {
    halt(reading, Suspended::Kind::blocked,
         deadly_notice(reading.index, reading.name, reading.deadly), notices);
    return;
  }
  position = {record.offset + 1, record.offset, record.hash};
  record.envelope = &envelope_;
  record.message = message.get();
  records_.push_back(record);
  held_bytes_ += message->len;
  held_.push_back(std::move(message));
}

void Worker::take_event(Reading& reading, const rd_kafka_message_t& event,
                        std::vector<SourceNotice>& notices) {
  if (event.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (reading.phase == Phase::verifying) {
      reading.phase = Phase::reading;
      notices.push_back(source_notice(Kind::unverified, reading.index, event.offset,
                                      unverified_text(reading.name)));
    }
    notices.push_back(source_notice(Kind::at_end, reading.index, event.offset, {}));
  } else if (is_damage(event.err) && !believe_damage(reading)) {
    suspend(reading);
  } else if (is_damage(event.err)) {
    halt(reading, Suspended::Kind::blocked,
         damaged_notice(reading.index, reading.name, reading.position.next_offset,
                        rd_kafka_message_errstr(&event)),
         notices);
  } else {
    // Out of range, unknown topic, not allowed …: control looks, and tells.
    suspend(reading);
  }
}

void Worker::halt(Reading& reading, Suspended::Kind kind, SourceNotice told,
                  std::vector<SourceNotice>& notices) {
  reading.phase = Phase::halted;
  notices.push_back(std::move(told));
  const std::lock_guard lock(mutex_);
  suspended_.push_back({reading.index, reading.position, kind});
}

bool Worker::believe_damage(Reading& reading) {
  const std::int64_t next = reading.position.next_offset;
  reading.damaged = reading.damaged_at == next ? reading.damaged + 1 : 1;
  reading.damaged_at = next;
  return reading.damaged >= kDamagedMin;
}

void Worker::suspend(Reading& reading) {
  reading.phase = Phase::waiting;
  const std::lock_guard lock(mutex_);
  suspended_.push_back({reading.index, reading.position, Suspended::Kind::waiting});
}

void Worker::suspend_all() {
  suspicion_seen_ = client_.suspicion();
  for (Reading& reading : readings_) {
    if (reading.phase == Phase::verifying || reading.phase == Phase::reading) suspend(reading);
  }
}

}  // namespace tocsin::kafka
