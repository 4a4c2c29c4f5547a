// SPDX-License-Identifier: Apache-2.0
#include "rocks/log_order.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"

using namespace tocsin;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

// The logs that one thread writes: their bytes that are not synced, and those that were begun while
// one before them had some.
struct Logs {
  std::map<std::string, std::size_t> unsynced;
  std::vector<std::string> begun_too_early;

  void written(const std::string& name, std::size_t bytes) {
    std::size_t& mine = unsynced[name];
    for (const auto& [other, left] : unsynced) {
      if (other != name && left > 0 && mine == 0) begun_too_early.push_back(name);
    }
    mine += bytes;
  }
};

class WatchedLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedLog(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string name, Logs& logs)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), logs_(logs) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    logs_.written(name_, data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    logs_.written(name_, data.size());
    return FSWritableFileOwnerWrapper::Append(data, options, info, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    logs_.unsynced[name_] = 0;
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  const std::string name_;
  Logs& logs_;
};

class WatchedFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit WatchedFiles(Logs& logs) : FileSystemWrapper(FileSystem::Default()), logs_(logs) {}
  const char* Name() const override { return "WatchedFiles"; }
  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* debug) override {
    IOStatus made = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (made.ok() && path.ends_with(".log")) {
      *file = std::make_unique<WatchedLog>(std::move(*file), path, logs_);
    }
    return made;
  }

 private:
  Logs& logs_;
};

}  // namespace

TEST_CASE("All of a log is synced before anything is written to the next") {
  const TemporaryDirectory folder;
  Logs logs;
  const auto env = rocksdb::NewCompositeEnv(std::make_shared<WatchedFiles>(logs));
  constexpr std::size_t kBuffer = 64 << 10;
  const auto store = RocksStore::open(folder / "state", 16 << 20,
                                      {.env = env.get(), .write_buffer_bytes = kBuffer});
  REQUIRE(store);
  for (int i = 0; i < 40; ++i) {
    WriteBatch batch;
    batch.put("row " + std::to_string(i), std::string(kBuffer / 4, 'x'));
    REQUIRE((*store)->write(batch, Sync::no));
  }
  CHECK(logs.unsynced.size() > 3);
  CHECK(logs.begun_too_early == std::vector<std::string>{});
}
