// SPDX-License-Identifier: Apache-2.0
#include "rocks/rocks_store.h"

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/write_batch.h>

#include <chrono>
#include <thread>
#include <utility>

#include "rocks/buffer_marks.h"
#include "rocks/directory.h"
#include "rocks/failure.h"
#include "rocks/info_log.h"
#include "rocks/log_order.h"
#include "rocks/options.h"
#include "rocks/reserve.h"
#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }

// Bytes a change takes in a batch beside key and value, at most: a tag and two lengths.
constexpr std::size_t kChangeOverhead = 16;

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Reads of one moment (or, without a snapshot, of now), with the errors told for people.
struct Reader {
  rocksdb::DB& db;
  const std::string& path;
  const rocksdb::Snapshot* at = nullptr;

  rocksdb::ReadOptions read_options() const {
    rocksdb::ReadOptions options;
    options.snapshot = at;
    return options;
  }
  tl::unexpected<Error> failed(const rocksdb::Status& status) const {
    return stop(rocks::explain(path, status));
  }
  // What ended the loop: the range, or an error that must not pass for its end?
  Result<void> finish(const rocksdb::Iterator& rows) const {
    const rocksdb::Status status = rows.status();
    if (!status.ok()) return failed(status);
    return {};
  }

  Result<std::optional<std::string>> get(std::string_view key) const {
    std::string value;
    const rocksdb::Status status = db.Get(read_options(), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return failed(status);
    return std::optional<std::string>{std::move(value)};
  }

  Result<void> scan(std::string_view from, std::string_view until, const Snapshot::Row& row) const {
    if (until <= from) return {};
    const rocksdb::Slice end = slice(until);
    rocksdb::ReadOptions options = read_options();
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
    for (rows->Seek(slice(from)); rows->Valid(); rows->Next()) {
      if (!row(view(rows->key()), view(rows->value()))) break;
    }
    return finish(*rows);
  }

  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Snapshot::Row& row) const {
    if (until <= from) return {};
    const rocksdb::Slice begin = slice(from);
    rocksdb::ReadOptions options = read_options();
    options.iterate_lower_bound = &begin;
    const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options));
    rows->SeekForPrev(slice(until));
    if (rows->Valid() && view(rows->key()) == until) rows->Prev();
    for (; rows->Valid(); rows->Prev()) {
      if (!row(view(rows->key()), view(rows->value()))) break;
    }
    return finish(*rows);
  }
};

class RocksSnapshot final : public Snapshot {
 public:
  RocksSnapshot(rocksdb::DB& db, const std::string& path) : reader_{db, path, db.GetSnapshot()} {}
  ~RocksSnapshot() override { reader_.db.ReleaseSnapshot(reader_.at); }
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return reader_.get(key);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    return reader_.scan(from, until, row);
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    return reader_.scan_back(from, until, row);
  }

 private:
  const Reader reader_;
};

// The lock file is named in the text: RocksDB has no code of its own for this.
bool is_locked(const rocksdb::Status& status) {
  return status.ToString().find("While lock file") != std::string::npos;
}
bool is_locked_by_us(const rocksdb::Status& status) {
  return status.ToString().find("lock hold by current process") != std::string::npos;
}

tl::unexpected<Error> not_opened(const std::string& path, const rocksdb::Status& status) {
  const bool by_us = is_locked_by_us(status);
  if (by_us || is_locked(status)) {
    const auto holder = by_us ? std::nullopt : rocks::lock_holder(path);
    return reject("state directory \"" + path + "\" is in use by another tocsin process" +
                  (holder ? " (process " + std::to_string(*holder) + ")" : std::string{}) +
                  "; end that one, or give this one a state.path of its own");
  }
  return rocks::is_damage(status) ? reject(rocks::explain(path, status))
                                  : stop(rocks::explain(path, status));
}

// Whoever starts anew after a kill -9 may be faster than the end of what was killed.
rocksdb::Status open_once_free(const rocksdb::Options& options, const std::string& path,
                               rocksdb::DB** db) {
  constexpr int kAttempts = 1'000;  // ten seconds
  for (int left = kAttempts;; --left) {
    rocksdb::Status status = rocksdb::DB::Open(options, path, db);
    if (status.ok() || is_locked_by_us(status) || !is_locked(status)) return status;
    const auto holder = rocks::lock_holder(path);
    if ((holder && !rocks::is_dying(*holder)) || left == 0) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
}

}  // namespace

struct RocksStore::State {
  std::string path;
  bool read_only = false;
  std::optional<rocks::Reserve> reserve;
  std::shared_ptr<rocks::Failure> failure;  // shared with RocksDB, which calls it
  rocks::BufferMarks marks;
  std::unique_ptr<rocksdb::DB> db;  // last: closed first

  Reader reader() const { return {*db, path}; }
};

RocksStore::RocksStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
RocksStore::~RocksStore() = default;

Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::string& path, std::size_t memory,
                                                     const Beneath& beneath) {
  if (auto prepared = rocks::prepare_directory(path); !prepared) {
    return tl::unexpected(prepared.error());
  }
  auto state = std::make_unique<State>();
  state->path = path;
  state->failure = std::make_shared<rocks::Failure>(path);
  state->reserve.emplace(path, memory).give_up_if_full();
  rocksdb::Options options = rocks::options_for(memory);
  const auto log_order = std::make_shared<rocks::LogOrder>(state->failure, state->marks);
  options.listeners = {state->failure, log_order};
  options.info_log = std::make_shared<rocks::InfoLog>(path);
  if (beneath.env != nullptr) options.env = beneath.env;
  if (beneath.write_buffer_bytes != 0) options.write_buffer_size = beneath.write_buffer_bytes;
  rocksdb::DB* db = nullptr;
  crash_point(CrashStep::open, CrashEdge::before);
  const rocksdb::Status status = open_once_free(options, path, &db);
  crash_point(CrashStep::open, CrashEdge::after);
  if (!status.ok()) return not_opened(path, status);
  state->db.reset(db);
  log_order->watch(db);
  if (const auto begun = state->marks.begin(*db); !begun.ok()) return not_opened(path, begun);
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(state)));
}

Result<std::unique_ptr<RocksStore>> RocksStore::open_read_only(const std::string& path) {
  if (!rocks::holds_database(path)) {
    return stop("there is no state in \"" + path + "\" yet; run \"tocsin run\" first");
  }
  constexpr std::size_t kMemory = std::size_t{32} << 20;
  auto state = std::make_unique<State>();
  state->path = path;
  state->read_only = true;
  state->failure = std::make_shared<rocks::Failure>(path);
  rocksdb::Options options = rocks::options_for(kMemory);
  options.create_if_missing = false;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, path, &db);
  if (!status.ok()) return stop(rocks::explain(path, status));
  state->db.reset(db);
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(state)));
}

Result<std::optional<std::string>> RocksStore::get(std::string_view key) const {
  return state_->reader().get(key);
}

Result<void> RocksStore::scan(std::string_view from, std::string_view until, const Row& row) const {
  return state_->reader().scan(from, until, row);
}

Result<void> RocksStore::scan_back(std::string_view from, std::string_view until,
                                   const Row& row) const {
  return state_->reader().scan_back(from, until, row);
}

Result<void> RocksStore::write(const WriteBatch& batch, Sync sync) {
  if (state_->read_only) return stop("the state in \"" + state_->path + "\" was opened to read");
  if (const auto failed = state_->failure->kept()) return stop(*failed);
  std::size_t bytes = 0;
  for (const auto& [key, value] : batch.changes()) {
    bytes += key.size() + (value ? value->size() : 0) + kChangeOverhead;
  }
  rocksdb::WriteBatch changes(bytes);
  for (const auto& [key, value] : batch.changes()) {
    const rocksdb::Status added = value ? changes.Put(key, *value) : changes.Delete(key);
    if (!added.ok()) return stop(state_->failure->keep(added));
  }
  rocksdb::WriteOptions options;
  options.sync = sync == Sync::yes;
  const CrashSpan span(options.sync ? CrashStep::sync : CrashStep::write);
  rocksdb::Status status = state_->db->Write(options, &changes);
  if (status.ok()) status = state_->marks.mark(*state_->db);
  if (!status.ok()) return stop(state_->failure->keep(status));
  return {};
}

std::unique_ptr<Snapshot> RocksStore::snapshot() const {
  return std::make_unique<RocksSnapshot>(*state_->db, state_->path);
}

DiskRoom RocksStore::room() { return state_->reserve ? state_->reserve->look() : DiskRoom{}; }

bool RocksStore::write_stopped() const {
  std::uint64_t stopped = 0;
  return state_->db->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped) &&
         stopped != 0;
}

}  // namespace tocsin
