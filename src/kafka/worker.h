// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kafka/client.h"
#include "kafka/handles.h"
#include "kafka/waker.h"
#include "tocsin/result.h"
#include "tocsin/source.h"

namespace tocsin::kafka {

// The opaque of a topic handle: where the workers find it in their tables.
struct TopicSlot {
  std::size_t ordinal = 0;
};

// From control to a worker: read this partition from `offset` on.
struct PartitionStart {
  PartitionIndex index = 0;
  PartitionName name;
  rd_kafka_topic_t* topic = nullptr;
  Position position;
  std::int64_t offset = 0;
  bool verify = false;  // the record at `offset` was delivered before and must have its hash
  std::optional<std::int64_t> deadly;  // a record that kills: halt before it
};

// From a worker to control: the partition is not read any more; stop its fetcher, and unless it is
// halted find out where to go on.
struct Suspended {
  enum class Kind : std::uint8_t {
    waiting,
    halted,   // for good: it may be another topic
    blocked,  // by what is at its position, which a person may skip
  };
  PartitionIndex index = 0;
  Position position;
  Kind kind = Kind::waiting;
};

// The partitions of one worker: hands out their records, in order, each once. All but give(),
// fail() and take_suspended() belong to the thread that polls.
class Worker {
 public:
  // The client and the waker outlive the worker.
  Worker(Client& client, Waker& waker);

  Result<std::span<const Record>> poll(std::size_t max, Millis wait,
                                       std::vector<SourceNotice>& notices);

  // Starts and notices, in this order, at the next poll. Any thread.
  void give(std::optional<PartitionStart> start, std::vector<SourceNotice> notices);
  // Every poll from now on answers this. Any thread.
  void fail(Error error);
  std::vector<Suspended> take_suspended();

 private:
  enum class Phase : std::uint8_t {
    waiting,    // control has it
    verifying,  // the next record must be the last one delivered
    reading,
    halted,
  };
  struct Reading {
    PartitionIndex index = 0;
    PartitionName name;
    Phase phase = Phase::waiting;
    Position position;
    std::int64_t deadly = kNone;
    std::int64_t damaged_at = -1;  // the position at which damage was last met
    int damaged = 0;               // and how often
  };
  // A connection can garble what is whole on the disk, so it is read anew before it is believed.
  static constexpr int kDamagedMin = 3;
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();

  bool take_inbox(std::vector<SourceNotice>& notices);
  void begin(const PartitionStart& start);
  Reading* find(const rd_kafka_message_t& message) const;
  void take(Message message, std::vector<SourceNotice>& notices);
  void take_record(Reading& reading, Message message, std::vector<SourceNotice>& notices);
  void take_event(Reading& reading, const rd_kafka_message_t& event,
                  std::vector<SourceNotice>& notices);
  void halt(Reading& reading, Suspended::Kind kind, SourceNotice told,
            std::vector<SourceNotice>& notices);
  static bool believe_damage(Reading& reading);
  void suspend(Reading& reading);
  void suspend_all();

  // Reads on in the message that a record's value is of.
  struct Envelope final : RecordEnvelope {
    std::optional<std::string_view> key(const Record& record) const override;
    std::optional<std::string_view> header(const Record& record,
                                           const std::string& name) const override;
  };

  Client& client_;
  Waker& waker_;
  const Envelope envelope_;
  rd_kafka_queue_t* queue_;  // the client's
  std::uint64_t suspicion_seen_ = 0;

  std::deque<Reading> readings_;
  std::vector<std::vector<Reading*>> by_topic_;  // by ordinal, then partition
  std::vector<Record> records_;                  // of the last poll
  std::vector<Message> held_;                    // what records_ points into
  std::size_t held_bytes_ = 0;

  std::atomic<bool> inbox_full_{false};
  std::mutex mutex_;  // guards all below
  std::vector<PartitionStart> starts_;
  std::vector<SourceNotice> notices_;
  std::optional<Error> failure_;
  std::vector<Suspended> suspended_;
};

}  // namespace tocsin::kafka
