// SPDX-License-Identifier: Apache-2.0
// What it costs to tell duplicates from new events: a claim, by how old the id is; and to keep the
// ids of an hour in the store.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "rocks/rocks_store.h"
#include "state/id_archive.h"
#include "support/temporary_directory.h"

namespace tocsin::bench {
namespace {

constexpr std::size_t kIds = 10'000'000;
constexpr std::size_t kIdsPerCommit = 10'000;
constexpr std::size_t kMemory = std::size_t{128} << 20;  // of the store
constexpr std::int64_t kSecond = 1'700'000'000;

// Scrambled numbers (splitmix64), as prints are.
Fingerprint print_of(std::uint64_t n) {
  const auto mix = [](std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  };
  return {mix(n * 2 * 0x9e3779b97f4a7c15u), mix((n * 2 + 1) * 0x9e3779b97f4a7c15u)};
}

// The set and its archive in a directory. Ids are those of an hour, in order.
class Held {
 public:
  explicit Held(const std::string& path) {
    auto opened = RocksStore::open(path, kMemory);
    if (!opened) return;
    store_ = std::move(*opened);
    ids_ = std::make_unique<IdSet>(*store_, IdSet::Limits{});
    archive_ = std::make_unique<IdArchive>(*store_, *ids_, IdSet::Limits{});
    ids_->move(0, kSecond);
    ids_->move_stored(0, kSecond);
    good_ = archive_->load().has_value();
  }

  bool good() const { return good_; }
  IdSet& set() { return *ids_; }
  const IdArchive& archive() const { return *archive_; }

  bool claim(std::uint64_t n) {
    ClaimedId id{.print = print_of(n), .partition = 0, .second = kSecond};
    if (!ids_->claim(id)) return false;
    claims_.push_back(id);
    if (claims_.size() == kIdsPerCommit) commit();
    return true;
  }
  void commit() {
    const std::span<const ClaimedId> claims(claims_);
    batch_.clear();
    archive_->write(++commits_, {&claims, 1}, batch_);
    good_ = good_ && store_->write(batch_, Sync::no).has_value();
    archive_->stored();
    claims_.clear();
  }

 private:
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<IdSet> ids_;
  std::unique_ptr<IdArchive> archive_;
  std::vector<ClaimedId> claims_;
  WriteBatch batch_;
  std::uint64_t commits_ = 0;
  bool good_ = false;
};

std::uintmax_t bytes_below(const std::string& path) {
  std::uintmax_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(path)) {
    if (file.path().extension() == ".sst") bytes += file.file_size();
  }
  return bytes;
}

// Bytes of memory; 0 if it failed.
std::size_t fill(const std::string& path) {
  Held held(path);
  for (std::uint64_t n = 0; n < kIds; ++n) held.claim(n);
  if (!held.good()) return 0;
  return held.archive().filter_bytes() + held.set().table_bytes();
}

// A store that holds kIds of them, made once; each benchmark opens it anew.
const std::string& directory() {
  static const TemporaryDirectory temporary;
  static const std::string path = temporary / "ids";
  static const std::size_t filled = fill(path);
  benchmark::DoNotOptimize(filled);
  return path;
}

void ids_store(benchmark::State& state) {
  const TemporaryDirectory temporary;
  const std::string path = temporary / "ids";
  std::size_t memory = 0;
  for (auto _ : state) memory = fill(path);
  if (memory == 0) state.SkipWithError("the store fails");
  state.SetItemsProcessed(static_cast<std::int64_t>(kIds));
  state.counters["memory_bytes_per_id"] = static_cast<double>(memory) / kIds;
  state.counters["disk_bytes_per_id"] = static_cast<double>(bytes_below(path)) / kIds;
}
BENCHMARK(ids_store)->Iterations(1)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

void ids_start(benchmark::State& state) {
  const std::string& path = directory();
  for (auto _ : state) {
    const Held held(path);
    if (!held.good()) state.SkipWithError("the store fails");
    benchmark::DoNotOptimize(&held);
  }
}
BENCHMARK(ids_start)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);

// New ids, without the commits they go with, and without what stage 1 does before a claim that it
// expects.
void ids_claim_new(benchmark::State& state) {
  const TemporaryDirectory empty;
  Held held(state.range(0) == 0 ? empty / "ids" : directory());
  std::uint64_t n = kIds * 2;
  for (auto _ : state) {
    ClaimedId id{.print = print_of(n++), .partition = 0, .second = kSecond};
    held.set().expect(id.print);
    benchmark::DoNotOptimize(held.set().claim(id));
  }
  state.counters["page_reads"] = benchmark::Counter(static_cast<double>(held.set().page_reads()),
                                                    benchmark::Counter::kAvgIterations);
}
BENCHMARK(ids_claim_new)->ArgName("older")->Arg(0)->Arg(kIds)->Iterations(200'000);

// Copies of one of the last hundred thousand, or of any.
void ids_claim_copy(benchmark::State& state) {
  Held held(directory());
  const auto among = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t n = 0, wrong = 0;
  for (auto _ : state) {
    ClaimedId id{.print = print_of(kIds - 1 - (n += 7919) % among), .second = kSecond};
    held.set().expect(id.print);
    wrong += held.set().claim(id);
  }
  if (wrong != 0) state.SkipWithError("a copy passes");
}
BENCHMARK(ids_claim_copy)->ArgName("among")->Arg(100'000)->Arg(kIds)->Iterations(200'000);

}  // namespace
}  // namespace tocsin::bench
