// SPDX-License-Identifier: Apache-2.0
#include "state/id_archive.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "state/codec.h"
#include "state/keys.h"
#include "state/memory_store.h"
#include "support/faulty_store.h"
#include "tocsin/row.h"

using namespace tocsin;

namespace {

constexpr IdSet::Limits kSmall{.horizon_seconds = 100,
                               .newest = 200,
                               .generation = 600,
                               .filter_bytes = std::size_t{1} << 20,
                               .written_per_commit = 64};
constexpr std::int64_t kStart = 1'000'000;

Fingerprint print_of(std::uint64_t n) { return fingerprint128(std::to_string(n), 1); }

// The set and its archive over a store, as the engine has them; stream times are stored beside.
struct Engine {
  Engine(Store& of, IdSet::Limits limits)
      : store(of), ids(store, limits), archive(store, ids, limits) {
    for (std::uint32_t i = 0; i < 8; ++i) {
      const auto time = store.get(key::position(i));
      REQUIRE(time);
      if (*time) move(i, RowReader(**time).signed_number());
      if (*time) store_time(i);
    }
    const auto last = store.get(key::meta("progress"));
    REQUIRE(last);
    if (*last) commits = RowReader(**last).number();
    REQUIRE(archive.load());
  }

  void move(std::uint32_t partition, std::int64_t second) {
    times[partition] = second;
    ids.move(partition, second);
  }

  void store_time(std::uint32_t partition) {
    stored[partition] = times[partition];
    ids.move_stored(partition, times[partition]);
    const auto least = std::min_element(stored.begin(), stored.end(),
                                        [](auto& a, auto& b) { return a.second < b.second; });
    ids.move_least(least->second);
  }

  // A claim at the partition's stream time.
  bool claim(std::uint64_t n, std::uint32_t partition, std::vector<ClaimedId>& batch,
             std::uint16_t cost = 0) {
    ClaimedId id{
        .print = print_of(n), .partition = partition, .second = times[partition], .cost = cost};
    const bool fresh = ids.claim(id);
    other_cost = id.other_cost;
    if (fresh) batch.push_back(id);
    return fresh;
  }

  // With the stream times of these partitions.
  bool commit(std::vector<std::vector<ClaimedId>> batches, const std::set<std::uint32_t>& of,
              Sync sync = Sync::no) {
    WriteBatch batch;
    std::string bytes;
    RowWriter(bytes).number(++commits);
    batch.put(key::meta("progress"), bytes);
    for (const auto partition : of) {
      std::string time;
      RowWriter(time).signed_number(times[partition]);
      batch.put(key::position(partition), time);
      store_time(partition);
    }
    std::vector<std::span<const ClaimedId>> claims(batches.begin(), batches.end());
    archive.write(commits, claims, batch);
    if (!store.write(batch, sync)) return false;
    archive.stored();
    return true;
  }

  Store& store;
  IdSet ids;
  IdArchive archive;
  std::map<std::uint32_t, std::int64_t> times, stored;
  std::uint64_t commits = 0;
  bool other_cost = false;  // of the last claim
};

std::size_t rows(const Store& store, char kind) {
  std::size_t count = 0;
  const std::string from(1, kind);
  REQUIRE(store.scan(from, key::after(from), [&](auto, auto) { return ++count > 0; }));
  return count;
}

// A store that lets something happen before a write, or a scan, is carried out.
struct WatchedStore final : Store {
  Result<std::optional<std::string>> get(std::string_view key) const override {
    return under.get(key);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    if (auto now = std::exchange(before_scan, nullptr)) now();
    return under.scan(from, until, row);
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    return under.scan_back(from, until, row);
  }
  Result<void> write(const WriteBatch& batch, Sync sync) override {
    if (before_write) before_write();
    return under.write(batch, sync);
  }
  std::unique_ptr<Snapshot> snapshot() const override { return under.snapshot(); }

  MemoryStore under;
  mutable std::function<void()> before_scan;  // once
  std::function<void()> before_write;
};

// Commits of fifty new ids each, claimed by partition 0.
void feed(Engine& engine, std::uint64_t from, std::uint64_t until) {
  while (from < until) {
    std::vector<ClaimedId> batch;
    for (int i = 0; i < 50; ++i) REQUIRE(engine.claim(from++, 0, batch));
    REQUIRE(engine.commit({batch}, {0}));
  }
}

// Every claim there ever was, in a plain map.
struct ArchiveModel {
  struct Claim {
    std::uint32_t partition = 0;
    std::int64_t second = 0;
    std::uint16_t cost = 0;
  };
  std::map<std::uint64_t, std::vector<Claim>> claims;
  std::map<std::uint32_t, std::int64_t> times;
  bool other_cost = false;  // of the last claim

  // A copy of two claims, or none yet of another partition's, which then would not be known.
  bool ambiguous(std::uint64_t n, std::uint32_t partition) {
    int near = 0;
    for (const auto& first : claims[n]) {
      if (!far(times[partition], first.second)) {
        ++near;
      } else if (first.partition != partition &&
                 (times[partition] < first.second || !far(times[first.partition], first.second))) {
        return true;
      }
    }
    return near > 1;
  }
  static bool far(std::int64_t one, std::int64_t other) {
    return std::abs(one - other) > kSmall.horizon_seconds;
  }

  bool claim(std::uint64_t n, std::uint32_t partition, std::uint16_t cost) {
    other_cost = false;
    for (const auto& first : claims[n]) {
      if (far(times[partition], first.second)) continue;
      other_cost = first.cost != cost && first.cost != 0 && cost != 0;
      return false;
    }
    claims[n].push_back({partition, times[partition], cost});
    return true;
  }
};

// Two workers with two partitions each and ids of their own, whose batches are committed one by one
// or together, and a process that dies now and then.
class Trial {
 public:
  explicit Trial(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t i = 0; i < 4; ++i) model_[i / 2].times[i] = kStart;
    stored_ = synced_ = model_;
    open();
    for (std::uint32_t i = 0; i < 4; ++i) engine_->move(i, kStart);
    commit(3, Sync::yes);
  }

  void step() {
    const unsigned what = below(1000);
    if (what < 3) {
      die();
    } else if (what < 40) {
      commit(1 + below(3), below(4) == 0 ? Sync::yes : Sync::no);
    } else if (what < 70) {
      const unsigned worker = below(2), partition = worker * 2 + below(2);
      auto& second = model_[worker].times[partition];
      second += below(100) == 0 ? 150 : below(8);
      engine_->move(partition, second);
    } else {
      claim();
    }
  }

  std::uint64_t claims() const { return claims_; }
  std::uint64_t page_reads() const { return page_reads_; }
  std::uint64_t other_costs() const { return other_costs_; }

 private:
  unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

  void open() {
    if (engine_) page_reads_ += engine_->ids.page_reads();
    engine_ = std::make_unique<Engine>(faulty_, kSmall);
    for (auto& batch : batches_) batch.clear();
  }

  void claim() {
    const unsigned worker = below(2), partition = worker * 2 + below(2);
    std::uint64_t n = ++newest_ * 2;
    if (below(3) == 0) n = (1 + (newest_ - below(static_cast<unsigned>(newest_)))) * 2;
    n += worker;
    if (model_[worker].ambiguous(n, partition)) return;
    ++claims_;
    const std::uint16_t costs[] = {0, 1, 7, 0xff00, 0xffff};
    const std::uint16_t cost = costs[below(std::size(costs))];
    const bool expected = model_[worker].claim(n, partition, cost);
    REQUIRE(engine_->claim(n, partition, batches_[worker], cost) == expected);
    REQUIRE(engine_->other_cost == model_[worker].other_cost);
    other_costs_ += engine_->other_cost;
  }

  void commit(unsigned workers, Sync sync) {
    std::vector<std::vector<ClaimedId>> batches;
    std::set<std::uint32_t> partitions;
    for (unsigned worker = 0; worker < 2; ++worker) {
      if ((workers >> worker & 1) == 0) continue;
      batches.push_back(std::exchange(batches_[worker], {}));
      partitions.insert({worker * 2, worker * 2 + 1});
      stored_[worker] = model_[worker];
    }
    REQUIRE(engine_->commit(std::move(batches), partitions, sync));
    if (sync == Sync::yes) synced_ = stored_;
  }

  void die() {
    const unsigned how = below(4);
    if (how == 0) {
      store_.lose_power();
      stored_ = synced_;
    } else if (how < 3) {  // in a commit
      const bool applied = how == 2;
      faulty_.fail_write(1,
                         applied ? FaultyStore::Fault::applied : FaultyStore::Fault::not_applied);
      CHECK_FALSE(engine_->commit({batches_[0], batches_[1]}, {0, 1, 2, 3}));
      faulty_.repair();
      if (applied) stored_ = model_;
    }
    model_ = stored_;
    open();
  }

  std::mt19937_64 random_;
  MemoryStore store_;
  FaultyStore faulty_{store_};
  std::unique_ptr<Engine> engine_;
  std::array<std::vector<ClaimedId>, 2> batches_;
  std::array<ArchiveModel, 2> model_, stored_, synced_;
  std::uint64_t newest_ = 0, claims_ = 0, page_reads_ = 0, other_costs_ = 0;
};

}  // namespace

TEST_CASE("Ids count as in a plain map, over freezes, commits, expiry, crashes and power cuts") {
  const auto seed = GENERATE(range(1, 6));
  INFO("seed " << seed);
  Trial trial(static_cast<std::uint64_t>(seed));
  for (int i = 0; i < 20'000; ++i) trial.step();
  CHECK(trial.claims() > 15'000);
  CHECK(trial.page_reads() > 20);
  CHECK(trial.other_costs() > 300);
}

TEST_CASE("A page tells of a claim only when it can no longer be undone") {
  MemoryStore store;
  auto engine = std::make_unique<Engine>(store, kSmall);
  engine->move(0, kStart);
  std::vector<ClaimedId> open, rest;
  REQUIRE(engine->claim(0, 0, open));
  for (std::uint64_t n = 1; n < 500; ++n) REQUIRE(engine->claim(n, 0, rest));
  REQUIRE(engine->commit({rest}, {0}));
  for (int i = 0; i < 20; ++i) REQUIRE(engine->commit({}, {0}));
  CHECK(rows(store, key::kIdPage) == 0);
  engine = std::make_unique<Engine>(store, kSmall);  // it died before `open` was committed
  CHECK(engine->claim(0, 0, open));
  CHECK_FALSE(engine->claim(1, 0, open));
  REQUIRE(engine->commit({{open.back()}}, {0}));
  for (int i = 0; i < 20; ++i) REQUIRE(engine->commit({}, {0}));
  CHECK(rows(store, key::kIdPage) > 0);
  CHECK(rows(store, key::kIds) == 0);
  CHECK_FALSE(engine->claim(0, 0, open));
}

TEST_CASE("Time that is not committed yet erases nothing: a crash takes it back") {
  MemoryStore store;
  auto engine = std::make_unique<Engine>(store, kSmall);
  engine->move(0, kStart);
  feed(*engine, 0, 5'000);
  engine->move(0, kStart + 101);
  for (int i = 0; i < 300; ++i) REQUIRE(engine->commit({}, {1}));
  engine = std::make_unique<Engine>(store, kSmall);
  std::vector<ClaimedId> batch;
  for (std::uint64_t n = 0; n < 5'000; ++n) REQUIRE_FALSE(engine->claim(n, 0, batch));
}

TEST_CASE("An id of today outlives a stamp of 2099 in its commit, also over a crash") {
  MemoryStore store;
  auto engine = std::make_unique<Engine>(store, kSmall);
  engine->move(0, kStart);
  std::vector<ClaimedId> batch;
  for (std::uint64_t n = 0; n < 50; ++n) REQUIRE(engine->claim(n, 0, batch));
  batch.push_back({.print = print_of(99), .partition = 0, .second = kStart + 70 * IdSet::kYear});
  if (GENERATE(true, false)) std::rotate(batch.begin(), batch.end() - 1, batch.end());
  REQUIRE(engine->commit({batch}, {0}));
  for (int i = 0; i < 600; ++i) REQUIRE(engine->commit({}, {0}));
  engine = std::make_unique<Engine>(store, kSmall);
  for (std::uint64_t n = 0; n < 50; ++n) REQUIRE_FALSE(engine->claim(n, 0, batch));
}

TEST_CASE("An id is known while the batch that moves it to the store is on its way") {
  WatchedStore store;
  Engine engine(store, kSmall);
  engine.move(0, kStart);
  std::uint64_t committed = 0, unknown = 0;
  store.before_write = [&] {
    std::vector<ClaimedId> batch;
    for (std::uint64_t n = 0; n < committed; ++n) unknown += engine.claim(n, 0, batch);
  };
  for (; committed < 2'000; committed += 50) feed(engine, committed, committed + 50);
  CHECK(unknown == 0);
  CHECK(rows(store, key::kIdPage) > 0);
}

TEST_CASE(
    "An id that another worker claims, and that is moved, during a look into the store is known") {
  WatchedStore store;
  Engine engine(store, kSmall);
  engine.move(0, kStart);
  // A filter that errs about the id, so that both look into the store.
  IdGeneration erring(999, 100, 64);
  const IdSet::Slot slot{print_of(7), 0, 0, 1};
  engine.ids.add(erring);
  engine.ids.remember(erring, part_of(slot.print.high, IdSet::kShards), std::span(&slot, 1));
  bool faster = false;
  store.before_scan = [&] {
    std::vector<ClaimedId> batch;
    faster = engine.claim(7, 0, batch);
    REQUIRE(engine.commit({batch}, {0}));
    feed(engine, 1'000, 2'000);
  };
  std::vector<ClaimedId> batch;
  CHECK_FALSE(engine.claim(7, 0, batch));
  CHECK(faster);
  CHECK(rows(store, key::kIdPage) > 0);
  engine.ids.remove(erring);
}

TEST_CASE("Ids leave the store when all partitions have moved on, a part each commit") {
  MemoryStore store;
  Engine engine(store, kSmall);
  engine.move(0, kStart);
  engine.move(1, kStart);
  feed(engine, 0, 10'000);
  REQUIRE(engine.commit({}, {1}));
  CHECK(engine.archive.size() == 10'000);
  CHECK(rows(store, key::kIdGeneration) > 4);
  CHECK(rows(store, key::kIdFilter) + 1 >= rows(store, key::kIdGeneration) - 1);
  std::vector<ClaimedId> batch;
  engine.move(0, kStart + 101);
  for (int i = 0; i < 40; ++i) REQUIRE(engine.commit({}, {0, 1}));
  CHECK(rows(store, key::kIdPage) > 0);
  CHECK_FALSE(engine.claim(0, 1, batch));
  engine.move(1, kStart + 101);
  for (int i = 0; i < 40; ++i) REQUIRE(engine.commit({}, {0, 1}));
  CHECK(rows(store, key::kIdPage) == 0);
  CHECK(rows(store, key::kIdFilter) == 0);
  CHECK(rows(store, key::kIdGeneration) == 0);
  CHECK(engine.archive.filter_bytes() == 0);
  CHECK(engine.claim(0, 1, batch));
}

TEST_CASE("Beyond the filters' limit the oldest ids are forgotten, and counted") {
  MemoryStore store;
  IdSet::Limits limits = kSmall;
  limits.filter_bytes = std::size_t{16} << 10;  // four of the smallest filters
  Engine engine(store, limits);
  engine.move(0, kStart);
  std::uint64_t n = 0;
  std::size_t forgotten = 0;
  for (; n < 10'000; n += 50) {
    feed(engine, n, n + 50);
    forgotten += engine.archive.take_forgotten();
    CHECK(engine.archive.filter_bytes() <= limits.filter_bytes);
  }
  CHECK(forgotten + engine.archive.size() == n);
  CHECK(forgotten > 5'000);
  std::vector<ClaimedId> batch;
  CHECK(engine.claim(0, 0, batch));
  CHECK_FALSE(engine.claim(n - 1, 0, batch));
  CHECK_FALSE(engine.claim(n - 1'000, 0, batch));
}

// An `I` row without costs: what encode_ids() makes, less two bytes an id.
std::string older_ids(const std::vector<ClaimedId>& ids) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.number(ids.size());
  std::int64_t last = 0;
  for (const auto& id : ids) {
    out.fixed(id.print.high);
    out.fixed(id.print.low);
    out.number(id.partition);
    out.signed_number(id.second - last);
    last = id.second;
  }
  return bytes;
}

TEST_CASE("Rows of ids alone, as format 1 has them, are read and become pages") {
  MemoryStore store;
  WriteBatch batch;
  for (std::uint64_t commit = 1; commit <= 40; ++commit) {
    std::vector<ClaimedId> ids;
    for (std::uint64_t i = 0; i < 100; ++i) {
      ids.push_back({.print = print_of(commit * 100 + i), .second = kStart});
    }
    batch.put(key::numbered(key::kIds, commit), older_ids(ids));
  }
  std::string time, progress;
  RowWriter(time).signed_number(kStart);
  RowWriter(progress).number(40);
  batch.put(key::position(0), time);
  batch.put(key::meta("progress"), progress);
  REQUIRE(store.write(batch, Sync::no));
  for (int start = 0; start < 3; ++start) {
    Engine engine(store, kSmall);
    CHECK(engine.archive.size() == 4'000);
    std::vector<ClaimedId> claims;
    for (std::uint64_t n = 100; n < 4'100; n += 7) {
      REQUIRE_FALSE(engine.claim(n, 0, claims, 5));
      REQUIRE_FALSE(engine.other_cost);
    }
    for (int i = 0; i < 40 * (start + 1); ++i) REQUIRE(engine.commit({}, {0}));
  }
  CHECK(rows(store, key::kIds) == 0);
  CHECK(rows(store, key::kIdPage) > 0);
}

TEST_CASE("A page, a filter or a generation that cannot be read is told, not passed over") {
  MemoryStore store;
  {
    Engine engine(store, kSmall);
    engine.move(0, kStart);
    feed(engine, 0, 5'000);
  }
  const char kind = GENERATE(key::kIdGeneration, key::kIdFilter, key::kIdPage, key::kIds);
  const std::string from(1, kind);
  std::string last, value;
  REQUIRE(store.scan_back(from, key::after(from), [&](auto key, auto bytes) {
    last = key;
    value = bytes;
    return false;
  }));
  WriteBatch batch;
  batch.put(last, value.substr(0, value.size() / 2));
  REQUIRE(store.write(batch, Sync::no));
  IdSet ids(store, kSmall);
  const auto loaded = IdArchive(store, ids, kSmall).load();
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().reaction == Reaction::stop);
}

TEST_CASE("Of workers that claim the same ids while they are moved to the store one has each",
          "[threads]") {
  constexpr std::uint64_t kIds = 20'000;
  constexpr std::size_t kWorkers = 3;
  MemoryStore store;
  Engine engine(store, {.horizon_seconds = 100,
                        .newest = 1'000,
                        .generation = 3'000,
                        .filter_bytes = std::size_t{1} << 20,
                        .written_per_commit = 256});
  engine.move(0, kStart);
  std::vector<std::atomic<unsigned>> owners(kIds);
  std::array<std::vector<ClaimedId>, kWorkers> filled;
  std::mutex mutex;
  std::atomic<std::size_t> working{kWorkers};
  std::vector<std::thread> workers;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      std::vector<ClaimedId> batch;
      for (std::uint64_t i = 0; i < kIds * 2; ++i) {
        const std::uint64_t n = i % kIds;
        ClaimedId id{.print = print_of(n), .partition = 0, .second = kStart};
        if (!engine.ids.claim(id)) continue;
        ++owners[n];
        batch.push_back(id);
        if (batch.size() < 40) continue;
        const std::lock_guard lock(mutex);
        filled[worker].insert(filled[worker].end(), batch.begin(), batch.end());
        batch.clear();
      }
      const std::lock_guard lock(mutex);
      filled[worker].insert(filled[worker].end(), batch.begin(), batch.end());
      --working;
    });
  }
  std::size_t committed = 0;
  for (bool more = true; more;) {
    more = working > 0;
    std::vector<std::vector<ClaimedId>> batches;
    {
      const std::lock_guard lock(mutex);
      for (auto& ids : filled) batches.push_back(std::exchange(ids, {}));
    }
    for (const auto& ids : batches) committed += ids.size();
    REQUIRE(engine.commit(std::move(batches), {0}));
    std::this_thread::yield();
  }
  for (auto& worker : workers) worker.join();
  CHECK(committed == kIds);
  CHECK(std::all_of(owners.begin(), owners.end(), [](const auto& n) { return n == 1; }));
  CHECK(rows(store, key::kIdPage) > 0);
}
