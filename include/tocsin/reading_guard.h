// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "tocsin/source.h"

namespace tocsin {

// The record a worker has under way, where it survives the death of the process. The worker's
// thread writes it; -1: none.
struct RecordMark {
  std::atomic<std::int64_t> offset{-1};
  std::atomic<std::int32_t> slot{-1};  // of its partition: ReadingGuard::slot()

  void under_way(std::int32_t of, std::int64_t at) {
    if (slot.load(std::memory_order_relaxed) != of) {
      offset.store(-1, std::memory_order_release);
      slot.store(of, std::memory_order_release);
    }
    offset.store(at, std::memory_order_release);
  }
  void none() { offset.store(-1, std::memory_order_release); }
};

// Notes what is read where it survives the death of the process, so that what kills it is not read
// for ever: from which position a partition was begun without having come past it yet (*unproven*),
// and which record was being decoded. Any thread.
class ReadingGuard {
 public:
  static constexpr int kDeathsMax = 3;

  struct Advice {
    int deaths = 0;                          // one after another while this position was unproven
    std::optional<std::int64_t> deadly;      // the record under way at kDeathsMax of them
    std::optional<std::int64_t> skip_until;  // a person decided to go on here
    bool record_suspected = false;           // a record from here on was under way at fewer of them
  };

  virtual ~ReadingGuard() = default;

  // Before `partition` is read from `next_offset` on.
  virtual Advice advise(const PartitionName& partition, std::int64_t next_offset) = 0;
  // It is begun there now, and is unproven from here on.
  virtual void begins(const PartitionName& partition, std::int64_t next_offset) = 0;
  // What begins() noted survives the death of the machine too. May block.
  virtual void sync() = 0;
  // It is not read any more, or not now: a death is none of its doing.
  virtual void lets_go(const PartitionName& partition) = 0;
  // It stands at `next_offset` until a person decides to skip what is there.
  virtual void halted(const PartitionName& partition, std::int64_t next_offset) = 0;
  virtual bool unproven(const PartitionName& partition) const = 0;

  // How many are unproven; while there are none the next two need not be called.
  virtual std::size_t unproven_count() const = 0;
  // All before `next_offset` is committed.
  virtual void passed(const PartitionName& partition, std::int64_t next_offset) = 0;
  // There was nothing more to read.
  virtual void at_end(const PartitionName& partition) = 0;

  // For RecordMark; -1: one partition too many, it is not watched.
  virtual std::int32_t slot(const PartitionName& partition) = 0;
  // Of the engine's worker `lane`; null: one too many. Lives as long as the guard.
  virtual RecordMark* mark(std::size_t lane) = 0;
};

}  // namespace tocsin
