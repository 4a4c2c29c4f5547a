// SPDX-License-Identifier: Apache-2.0
#include "rocks/failure.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <catch2/catch.hpp>
#include <memory>
#include <utility>

#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"

namespace tocsin {

using Catch::Contains;
using rocksdb::IOStatus;
using rocksdb::Status;

namespace {

// On a disk whose logs take nothing while `broken`.
class BrokenLogs final : public rocksdb::FileSystemWrapper {
 public:
  BrokenLogs() : FileSystemWrapper(FileSystem::Default()) {}
  const char* Name() const override { return "BrokenLogs"; }
  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           rocksdb::IODebugContext* debug) override {
    IOStatus made = FileSystemWrapper::NewWritableFile(path, options, file, debug);
    if (made.ok() && path.ends_with(".log")) {
      *file = std::make_unique<Log>(std::move(*file), broken);
    }
    return made;
  }

  bool broken = false;

 private:
  struct Log final : rocksdb::FSWritableFileOwnerWrapper {
    Log(std::unique_ptr<rocksdb::FSWritableFile>&& file, const bool& disk_broken)
        : FSWritableFileOwnerWrapper(std::move(file)), broken(disk_broken) {}
    using FSWritableFileOwnerWrapper::Append;
    IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                    rocksdb::IODebugContext* debug) override {
      if (broken) return IOStatus::IOError("the cable is loose");
      return FSWritableFileOwnerWrapper::Append(data, options, debug);
    }
    const bool& broken;
  };
};

WriteBatch row(const char* key) {
  WriteBatch batch;
  batch.put(key, "value");
  return batch;
}

}  // namespace

TEST_CASE("An error of the database is told with its place, its cause and the next step") {
  CHECK_THAT(rocks::explain("/var/lib/tocsin", Status::NoSpace("While appending to file")),
             Contains("state directory \"/var/lib/tocsin\": the disk is full") &&
                 Contains("free some space and start again"));
  CHECK_THAT(rocks::explain("s", Status::IOError("a.sst", "Too many open files")),
             Contains("raise the limit"));
  CHECK_THAT(rocks::explain("s", Status::Corruption("block checksum mismatch")),
             Contains("is damaged") && Contains("restore it from a backup"));
  CHECK_THAT(rocks::explain("s", Status::IOError("MANIFEST-000009: No such file or directory")),
             Contains("is damaged") && Contains("restore it from a backup"));
  CHECK_THAT(rocks::explain("s", Status::IOError("a.log", "Input/output error")),
             Contains("cannot be read or written") && Contains("check the disk"));
}

TEST_CASE("An error met in the background is kept, and the first one stays") {
  rocks::Failure failure("s");
  CHECK_FALSE(failure.kept());
  Status good = Status::OK();
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kFlush, &good);
  CHECK_FALSE(failure.kept());

  Status full = Status::NoSpace();
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kFlush, &full);
  Status later = Status::Corruption("later");
  failure.OnBackgroundError(rocksdb::BackgroundErrorReason::kCompaction, &later);
  REQUIRE(failure.kept());
  CHECK_THAT(*failure.kept(), Contains("the disk is full"));
  CHECK_THAT(failure.keep(later), Contains("the disk is full"));
}

TEST_CASE("A write that fails is told, and so is every one after it, though the disk is mended") {
  const TemporaryDirectory folder;
  const auto files = std::make_shared<BrokenLogs>();
  const auto env = rocksdb::NewCompositeEnv(files);
  const auto opened = RocksStore::open(folder / "state", 16 << 20, {.env = env.get()});
  REQUIRE(opened);
  RocksStore& store = **opened;
  REQUIRE(store.write(row("before"), Sync::no));
  files->broken = true;
  const auto failed = store.write(row("lost"), Sync::no);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().reaction == Reaction::stop);
  CHECK_THAT(failed.error().message, Contains("the cable is loose"));
  files->broken = false;
  const auto refused = store.write(row("after"), Sync::no);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == failed.error().message);
  CHECK(store.get("lost")->value_or("nothing") == "nothing");
}

}  // namespace tocsin
