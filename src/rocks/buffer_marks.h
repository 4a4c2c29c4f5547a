// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <cstdint>

namespace tocsin::rocks {

// Finds out at a start that rows are missing from the middle, which RocksDB 7.8.3 opens without a
// word: a MANIFEST whose end is damaged so that it looks cut off forgets the table that was written
// last, whose log is gone by then, and later logs are read over the gap. So does a log that is gone
// while a later one is there (`track_and_verify_wals_in_manifest`, which would see it, tells of
// logs that are not missing, too: facebook/rocksdb#10892).
//
// Each write buffer holds a row of its own, its mark: the byte 0xff, with which no key of the state
// begins, and a number. The newest marks follow each other without a gap.
class BufferMarks {
 public:
  // When the database was opened, before anything is written: Corruption if a mark is missing; else
  // marks the buffer that is begun.
  rocksdb::Status begin(rocksdb::DB& db);
  // What is written from now on goes to another buffer. Any thread that writes, in the midst of it.
  void sealed() { unmarked_ = true; }
  // After each write: marks the buffer that it has begun. Any thread that writes.
  rocksdb::Status mark(rocksdb::DB& db);

 private:
  std::atomic<bool> unmarked_{true};
  std::atomic<bool> marking_{false};
  std::uint64_t newest_ = 0;  // of the thread that is marking
};

}  // namespace tocsin::rocks
