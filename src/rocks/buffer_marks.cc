// SPDX-License-Identifier: Apache-2.0
#include "rocks/buffer_marks.h"

#include <memory>
#include <string>

namespace tocsin::rocks {
namespace {

// So many are kept. The last table that was written is among the newest few: RocksDB has at most 4
// buffers that are not in tables yet (options.cc).
constexpr std::uint64_t kKept = 16;
constexpr char kMark = '\xff';
constexpr std::size_t kKeySize = 1 + sizeof(std::uint64_t);

std::string key_of(std::uint64_t number) {
  std::string key(1, kMark);
  for (int shift = 56; shift >= 0; shift -= 8) key += static_cast<char>(number >> shift & 0xff);
  return key;
}

bool is_mark(const rocksdb::Slice& key) { return key.size() == kKeySize && key[0] == kMark; }

std::uint64_t number_of(const rocksdb::Slice& key) {
  std::uint64_t number = 0;
  for (std::size_t i = 1; i < kKeySize; ++i) {
    number = number << 8 | static_cast<unsigned char>(key[i]);
  }
  return number;
}

}  // namespace

rocksdb::Status BufferMarks::begin(rocksdb::DB& db) {
  const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(rocksdb::ReadOptions{}));
  rows->SeekToLast();
  if (rows->Valid() && is_mark(rows->key())) newest_ = number_of(rows->key());
  const std::uint64_t oldest = newest_ > kKept ? newest_ - kKept + 1 : 1;
  for (std::uint64_t each = newest_; each >= oldest; --each, rows->Prev()) {
    if (rows->Valid() && is_mark(rows->key()) && number_of(rows->key()) == each) continue;
    if (!rows->status().ok()) return rows->status();
    return rocksdb::Status::Corruption(
        "rows that were on disk are missing, those of write buffer " + std::to_string(each) +
        " of " + std::to_string(newest_));
  }
  return rows->status().ok() ? mark(db) : rows->status();
}

// The mark may come to a buffer after the one it was made for, which is then without: never may a
// later mark be there and an earlier one not, so one thread marks at a time.
rocksdb::Status BufferMarks::mark(rocksdb::DB& db) {
  if (!unmarked_.load(std::memory_order_relaxed) || marking_.exchange(true)) {
    return rocksdb::Status::OK();
  }
  unmarked_ = false;
  const std::uint64_t number = newest_ + 1;
  rocksdb::WriteBatch row;
  rocksdb::Status status = row.Put(key_of(number), "");
  if (status.ok() && number > kKept) status = row.Delete(key_of(number - kKept));
  if (status.ok()) status = db.Write(rocksdb::WriteOptions{}, &row);
  if (status.ok()) newest_ = number;
  marking_ = false;
  return status;
}

}  // namespace tocsin::rocks
