// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tocsin/disk_room.h"
#include "tocsin/store.h"

namespace rocksdb {
class Env;
}

namespace tocsin {

// Store on RocksDB, in a directory of its own. Any thread. Snapshots must be gone before it is.
class RocksStore final : public Store {
 public:
  // Opens the state in `path`, which is made (readable by its owner only) if it doesn't exist, and
  // takes hold of it: one process at a time. Block cache, indexes, filters and write buffers
  // together stay near `memory` bytes; below 16 MiB it is taken as 16 MiB. reject: another
  // process has the directory, or it is damaged or none of ours. stop: the disk fails or is full,
  // so that a later start may succeed.
  static Result<std::unique_ptr<RocksStore>> open(const std::string& path, std::size_t memory) {
    return open(path, memory, Beneath{});
  }

  // The same on other files than the system's, and with small write buffers: for tests.
  struct Beneath {
    rocksdb::Env* env = nullptr;  // outlives the store
    std::size_t write_buffer_bytes = 0;
  };
  static Result<std::unique_ptr<RocksStore>> open(const std::string& path, std::size_t memory,
                                                  const Beneath& beneath);

  // What the state holds now, as of this call, without taking hold of it: also while an engine
  // runs on it. write() is refused. stop: there is no state, or it is damaged or unreadable.
  static Result<std::unique_ptr<RocksStore>> open_read_only(const std::string& path);

  ~RocksStore() override;

  Result<std::optional<std::string>> get(std::string_view key) const override;
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override;
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override;

  // Once a write has failed, or RocksDB has met an error in the background, every further write
  // gives that same error: the state must be opened anew.
  Result<void> write(const WriteBatch& batch, Sync sync) override;

  std::unique_ptr<Snapshot> snapshot() const override;

  // Is a write held up now because flushes or compactions don't keep pace? If it stays so for a
  // minute the process should end and start again: this version can hang in it for good.
  bool write_stopped() const;

  // Room on the disk, and how much of it must stay free: `memory`, at least 16 MiB, so that what is
  // in memory can be stored and what went wrong be told. A file `reserve` of a quarter of it, at
  // most 32 MiB, is made where there is plenty of room, and given up where the disk is all but
  // full, here or in open(). One thread at a time.
  DiskRoom room();

 private:
  struct State;
  explicit RocksStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tocsin
