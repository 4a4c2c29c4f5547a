// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <atomic>
#include <memory>

#include "rocks/buffer_marks.h"
#include "rocks/failure.h"

namespace tocsin::rocks {

// Syncs a log when the next one is begun, before anything is written to that. Else a power cut
// could take the end of the one and leave the beginning of the other, and RocksDB 7.8.3 would read
// over the gap between them (facebook/rocksdb#13169).
class LogOrder final : public rocksdb::EventListener {
 public:
  // `marks` are told of each; they outlive the database.
  LogOrder(std::shared_ptr<Failure> failure, BufferMarks& marks)
      : failure_(std::move(failure)), marks_(marks) {}

  // From here on; `db` outlives the writes.
  void watch(rocksdb::DB* db) { db_ = db; }

  // By the thread that writes, which waits.
  void OnMemTableSealed(const rocksdb::MemTableInfo& info) override;

 private:
  const std::shared_ptr<Failure> failure_;
  BufferMarks& marks_;
  std::atomic<rocksdb::DB*> db_{nullptr};
};

}  // namespace tocsin::rocks
