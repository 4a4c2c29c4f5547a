// SPDX-License-Identifier: Apache-2.0
#include "rocks/rocks_store.h"

#include <rocksdb/env.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "support/temporary_directory.h"

namespace tocsin {
namespace {

using Catch::Contains;

constexpr std::size_t kMemory = std::size_t{16} << 20;

std::unique_ptr<RocksStore> opened(const std::string& path) {
  auto store = RocksStore::open(path, kMemory);
  REQUIRE(store);
  return std::move(*store);
}

std::string refusal(const Result<std::unique_ptr<RocksStore>>& opening,
                    Reaction reaction = Reaction::reject) {
  if (opening) return "opened";
  CHECK(opening.error().reaction == reaction);
  return opening.error().message;
}

// Files cannot be made on it.
class FailingDisk final : public rocksdb::EnvWrapper {
 public:
  explicit FailingDisk(rocksdb::Status status)
      : EnvWrapper(rocksdb::Env::Default()), status_(std::move(status)) {}
  rocksdb::Status NewWritableFile(const std::string& /*name*/,
                                  std::unique_ptr<rocksdb::WritableFile>* /*file*/,
                                  const rocksdb::EnvOptions& /*options*/) override {
    return status_;
  }

 private:
  const rocksdb::Status status_;
};

bool put(Store& store, const std::string& key, const std::string& value, Sync sync = Sync::no) {
  WriteBatch batch;
  batch.put(key, value);
  return store.write(batch, sync).has_value();
}

std::optional<std::string> read(const Snapshot& view, const std::string& key) {
  const auto value = view.get(key);
  REQUIRE(value);
  return *value;
}

// Runs `body` in a process of its own, which ends without any cleaning up; true if it said so.
bool in_a_process_that_dies(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body() ? 0 : 1);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string file_ending(const std::string& directory, const std::string& suffix) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().string().ends_with(suffix)) return entry.path().string();
  }
  FAIL("no file " << suffix << " in " << directory);
  return {};
}

// A process that holds the state open until its end of the pipe is closed.
class Holder {
 public:
  // With `ballast` bytes of memory its end takes a while.
  explicit Holder(const std::string& path, std::size_t ballast = 0) {
    int ready[2], done[2];
    REQUIRE((::pipe(ready) == 0 && ::pipe(done) == 0));
    pid_ = ::fork();
    char byte = 0;
    if (pid_ == 0) {
      ::close(done[1]);
      const std::string held(ballast, 'x');
      const auto store = RocksStore::open(path, kMemory);
      if (store && ::write(ready[1], "x", 1) == 1 && ::read(done[0], &byte, 1) == 0) ::_exit(0);
      ::_exit(1);
    }
    ::close(ready[1]);
    ::close(done[0]);
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    done_ = done[1];
  }
  ~Holder() {
    ::close(done_);
    ::waitpid(pid_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int done_ = -1;
};

}  // namespace

TEST_CASE("What was written is there after the store is closed and opened again") {
  const TemporaryDirectory root;
  REQUIRE(put(*opened(root / "s"), "key", "value"));
  CHECK(read(*opened(root / "s"), "key") == "value");
}

TEST_CASE("An unsynced write survives the death of its process") {
  const TemporaryDirectory root;
  REQUIRE(in_a_process_that_dies([&] {
    const auto store = RocksStore::open(root / "s", kMemory);
    return store && put(**store, "key", "value", Sync::no);
  }));
  CHECK(read(*opened(root / "s"), "key") == "value");
}

TEST_CASE("A torn end of the log costs the last batch, and the whole of it") {
  const TemporaryDirectory root;
  REQUIRE(in_a_process_that_dies([&] {
    const auto store = RocksStore::open(root / "s", kMemory);
    WriteBatch torn;
    torn.put("torn-1", std::string(1000, 'x'));
    torn.put("torn-2", std::string(1000, 'x'));
    return store && put(**store, "whole", "1") && (*store)->write(torn, Sync::no).has_value();
  }));
  const std::string log = file_ending(root / "s", ".log");
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
  const auto store = opened(root / "s");
  CHECK(read(*store, "whole") == "1");
  CHECK(read(*store, "torn-1") == std::nullopt);
  CHECK(read(*store, "torn-2") == std::nullopt);
}

TEST_CASE("A second process is told who holds the state, and takes over when that one ends") {
  const TemporaryDirectory root;
  {
    const Holder holder(root / "s");
    CHECK_THAT(refusal(RocksStore::open(root / "s", kMemory)),
               Contains("state directory \"" + (root / "s") + "\" is in use by another tocsin " +
                        "process (process " + std::to_string(holder.pid()) + ")"));
  }
  CHECK(refusal(RocksStore::open(root / "s", kMemory)) == "opened");
}

TEST_CASE("Whoever starts right after a kill -9 waits for the end of what was killed") {
  const TemporaryDirectory root;
  for (int i = 0; i < 5; ++i) {
    const Holder holder(root / "s", std::size_t{256} << 20);
    REQUIRE(::kill(holder.pid(), SIGKILL) == 0);
    CHECK(refusal(RocksStore::open(root / "s", kMemory)) == "opened");
  }
}

TEST_CASE("Opening twice in one process is refused, and the lock stays with the first") {
  const TemporaryDirectory root;
  const auto first = opened(root / "s");
  CHECK_THAT(refusal(RocksStore::open(root / "s", kMemory)), Contains("is in use"));
  CHECK(put(*first, "key", "value"));
  CHECK(in_a_process_that_dies([&] { return !RocksStore::open(root / "s", kMemory); }));
}

TEST_CASE("Reading beside a running engine sees its state, and cannot write") {
  const TemporaryDirectory root;
  CHECK_THAT(refusal(RocksStore::open_read_only(root / "s"), Reaction::stop),
             Contains("there is no state in"));
  CHECK_FALSE(std::filesystem::exists(root / "s"));

  const auto engine = opened(root / "s");
  REQUIRE(put(*engine, "key", "value"));
  const auto reader = RocksStore::open_read_only(root / "s");
  REQUIRE(reader);
  CHECK(read(**reader, "key") == "value");
  CHECK_FALSE(put(**reader, "key", "other"));
  CHECK(put(*engine, "key", "new"));
  CHECK(read(**reader, "key") == "value");
}

TEST_CASE("A start on a disk that fails or is full may be tried again as it is") {
  const TemporaryDirectory root;
  const auto on = [&](const rocksdb::Status& status) {
    FailingDisk disk(status);
    return refusal(RocksStore::open(root / "s", kMemory, {.env = &disk, .write_buffer_bytes = 0}),
                   Reaction::stop);
  };
  CHECK_THAT(on(rocksdb::Status::IOError("input/output error")), Contains("check the disk"));
  CHECK_THAT(on(rocksdb::Status::NoSpace()), Contains("the disk is full"));
}

TEST_CASE("A table damaged on disk is an error, never an end of data or an absence") {
  const TemporaryDirectory root;
  // Each opening moves what the log still holds to a table.
  for (const auto* key : {"key-1", "key-2"}) {
    REQUIRE(put(*opened(root / "s"), key, std::string(100, 'x')));
  }
  opened(root / "s").reset();
  {
    std::fstream table(file_ending(root / "s", ".sst"), std::ios::in | std::ios::out);
    table.seekp(20);
    table << "damage";
  }
  const auto store = RocksStore::open(root / "s", kMemory);
  if (!store) {
    CHECK_THAT(store.error().message, Contains("is damaged"));
    return;
  }
  const auto every = [](std::string_view, std::string_view) { return true; };
  for (const auto& scanned : {(*store)->scan("k", "l", every), (*store)->scan_back("k", "l", every),
                              (*store)->snapshot()->scan("k", "l", every)}) {
    REQUIRE_FALSE(scanned);
    CHECK(scanned.error().reaction == Reaction::stop);
    CHECK_THAT(scanned.error().message, Contains("is damaged"));
  }
}

TEST_CASE("After a failed write every further one fails, until the store is opened anew") {
  const TemporaryDirectory root;
  CHECK(in_a_process_that_dies([&] {
    auto store = RocksStore::open(root / "s", kMemory);
    if (!store || !put(**store, "before", "1", Sync::yes)) return false;
    // A limit on the size of files stands in for a full disk.
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit low{1 << 20, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &low) != 0) return false;
    if (put(**store, "large", std::string(2 << 20, 'x'), Sync::yes)) return false;
    const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    if (::setrlimit(RLIMIT_FSIZE, &none) != 0) return false;
    WriteBatch batch;
    batch.put("after", "1");
    const auto later = (*store)->write(batch, Sync::no);
    return !later && later.error().reaction == Reaction::stop &&
           later.error().message.find(root / "s") != std::string::npos;
  }));
  const auto store = opened(root / "s");
  CHECK(read(*store, "before") == "1");
  CHECK(read(*store, "large") == std::nullopt);
  CHECK(read(*store, "after") == std::nullopt);
  CHECK_FALSE(store->write_stopped());
}

}  // namespace tocsin
