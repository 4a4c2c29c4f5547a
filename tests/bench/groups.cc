// SPDX-License-Identifier: Apache-2.0
// What groups cost the state, without Kafka and without stage 1:
//   bench_groups ram GROUPS                      bytes of memory per hot group, ids of 16 bytes
//   bench_groups disk GROUPS DIR                 bytes per group of a closed window, ids of 12
//   bytes bench_groups users USERS EVENTS DIR MEMORY   CPU time of the state thread per event and
//   the
//                                                longest commit; Zipf s = 1, state.memory in MB
//   bench_groups start GROUPS DIR                a kill -9 with GROUPS hot, then the next start
//   bench_groups panes GROUPS DIR                the same of a rolling rule, and its idle cost
// DIR must not exist. Prints one JSON object.

#include <fmt/format.h>
#include <malloc.h>
#include <rocksdb/db.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "rocks/options.h"
#include "rocks/rocks_store.h"
#include "state/memory_store.h"
#include "state/state.h"
#include "support/alert_logs.h"
#include "support/rules.h"
#include "tocsin/group.h"

namespace tocsin::bench {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kNoon = 20'400 * kDay + kDay / 2;
constexpr std::size_t kBatch = 10'000;
constexpr std::size_t kMiB = std::size_t{1} << 20;

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "{}\n", message);
  std::exit(1);
}

template <class T>
T taken(Result<T> result) {
  if (!result) fail(result.error().message);
  return std::move(*result);
}

double thread_cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t peak_bytes() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::size_t>(used.ru_maxrss) * 1024;
}

// An id of `size` characters that looks like a random one.
std::string id_of(std::uint64_t number, std::size_t size) {
  std::uint64_t bits = (number + 1) * 0x9e3779b97f4a7c15U;
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111ebU;
  return fmt::format("{:016x}", bits ^ bits >> 31).substr(16 - size);
}

// A state fed with single events of a stream that never goes back in time.
class Feeder {
 public:
  Feeder(Store& store, std::vector<Rule> rules, StateLimits limits) : rules_(std::move(rules)) {
    state_ = taken(State::open(
        {.store = store, .rules = rules_, .fallback = {}, .alert_log = log_, .limits = limits}));
    partition_ = state_->add_partition({"events", 0});
  }

  void add(std::uint32_t rule, std::int64_t at, const std::string& id, int128 amount,
           std::int64_t time) {
    group_.clear();
    append_group_value(group_, id);
    fold_.add({.rule = rule,
               .at = at,
               .group = group_,
               .amount = amount,
               .requests = 1,
               .latest = event_time_ms(time)});
  }
  void commit(std::int64_t now) {
    StreamTime::Saved time;
    time.now = event_time_ms(now);
    const Progress progress{partition_, {++offset_, offset_ - 1, 0}, 0, time};
    const Work work{fold_.deltas(), {}, std::span(&progress, 1), nullptr};
    const auto wall = std::chrono::steady_clock::now();
    const double cpu = thread_cpu();
    taken(state_->commit({.work = std::span(&work, 1)}));
    cpu_ += thread_cpu() - cpu;
    longest_ = std::max(longest_, thread_cpu() - cpu);
    longest_wall_ =
        std::max(longest_wall_,
                 std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count());
    deltas_ += fold_.deltas().size();
    fold_.clear();
  }

  State& state() { return *state_; }
  double cpu() const { return cpu_; }
  double longest() const { return longest_; }
  double longest_wall() const { return longest_wall_; }
  std::size_t deltas() const { return deltas_; }

 private:
  std::vector<Rule> rules_;
  NoAlertLog log_;
  std::unique_ptr<State> state_;
  std::uint32_t partition_ = 0;
  std::int64_t offset_ = 0;
  std::string group_;
  Fold fold_{7};
  double cpu_ = 0, longest_ = 0, longest_wall_ = 0;
  std::size_t deltas_ = 0;
};

std::vector<Rule> day_rule() { return {user_day_rule("user-day", 1000 * power_of_ten(12))}; }

Rule rolling_rule() {
  Rule rule = user_day_rule("user-rolling", 1000 * power_of_ten(12));
  rule.window.kind = WindowKind::rolling;
  rule.window.length = std::chrono::hours(1);
  return rule;
}

void fill(Feeder& feeder, std::size_t groups, std::size_t id_size) {
  for (std::size_t i = 0; i < groups; ++i) {
    feeder.add(0, 20'400 * kDay, id_of(i, id_size), 123'456'789, kNoon);
    if ((i + 1) % kBatch == 0) feeder.commit(kNoon);
  }
  feeder.commit(kNoon);
}

void ram(std::size_t groups) {
  MemoryStore nowhere([](std::string_view) { return false; });
  StateLimits limits;
  limits.hot_bytes = std::size_t{8} << 30;
  limits.journal_bytes = std::size_t{8} << 30;
  Feeder feeder(nowhere, day_rule(), limits);
  fill(feeder, kBatch, 16);
  ::malloc_trim(0);
  const std::size_t before = resident_bytes();
  const auto sizes = feeder.state().sizes();
  fill(feeder, kBatch + groups, 16);
  ::malloc_trim(0);
  const auto after = feeder.state().sizes();
  const auto each = static_cast<double>(groups);
  fmt::print(
      "{{\"groups\": {}, \"rss_bytes_per_group\": {:.1f}, \"counted_bytes_per_group\": {:.1f}, "
      "\"longest_commit_ms\": {:.1f}}}\n",
      groups, static_cast<double>(resident_bytes() - before) / each,
      static_cast<double>(after.hot_bytes - sizes.hot_bytes) / each, feeder.longest() * 1000);
}

std::size_t folder_bytes(const std::string& folder, std::string_view extension) {
  std::size_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() == extension) bytes += file.file_size();
  }
  return bytes;
}

void compact(const std::string& folder) {
  const rocksdb::Options options = rocks::options_for(128 * kMiB);
  rocksdb::DB* db = nullptr;
  if (!rocksdb::DB::Open(options, folder, &db).ok()) fail("cannot open " + folder);
  const std::unique_ptr<rocksdb::DB> owned(db);
  rocksdb::CompactRangeOptions all;
  all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  if (!owned->CompactRange(all, nullptr, nullptr).ok()) fail("cannot compact " + folder);
}

void disk(std::size_t groups, const std::string& folder) {
  {
    auto store = taken(RocksStore::open(folder, 128 * kMiB));
    StateLimits limits;
    limits.hot_bytes = 128 * kMiB;
    Feeder feeder(*store, day_rule(), limits);
    fill(feeder, groups, 12);
    for (int i = 0; i < 1'000; ++i) feeder.commit(kNoon + 3 * kDay);
    if (feeder.state().sizes().cells != 0) fail("the window is not closed yet");
    fmt::print("{{\"groups\": {}, \"longest_commit_ms\": {:.1f}, ", groups,
               feeder.longest() * 1000);
  }
  compact(folder);
  fmt::print("\"disk_bytes_per_group\": {:.1f}}}\n",
             static_cast<double>(folder_bytes(folder, ".sst")) / static_cast<double>(groups));
}

// Requests of an hour of event time at an even rate, by users of whom the n-th asks 1/n as often
// as the first. Two rules, as of the 5-rule work: user and day, user and hour.
void users(std::size_t users, std::size_t events, const std::string& folder, std::size_t memory) {
  auto store = taken(RocksStore::open(folder, memory * kMiB / 2));
  StateLimits limits;
  limits.hot_bytes = memory * kMiB / 2;
  std::vector<Rule> rules = day_rule();
  rules.push_back(user_day_rule("user-hour", 1000 * power_of_ten(12)));
  rules[1].window.kind = WindowKind::hour;
  Feeder feeder(*store, rules, limits);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> share(0, std::log(static_cast<double>(users) + 1));
  constexpr std::int64_t kHours = 6;
  std::int64_t time = 20'400 * kDay;
  for (std::size_t i = 1; i <= events; ++i) {
    time = 20'400 * kDay + static_cast<std::int64_t>(i * kHours * 3'600'000 / (events + 1));
    const auto user = static_cast<std::uint64_t>(std::exp(share(random)));
    const std::string id = id_of(user, 12);
    feeder.add(0, 20'400 * kDay, id, 123'456'789, time);
    feeder.add(1, time / 3'600'000 * 3'600'000, id, 123'456'789, time);
    if (i % kBatch == 0) feeder.commit(time);
  }
  feeder.commit(time);
  const auto sizes = feeder.state().sizes();
  fmt::print(
      "{{\"users\": {}, \"events\": {}, \"deltas\": {}, \"ns_per_event\": {:.0f}, "
      "\"longest_commit_cpu_ms\": {:.1f}, \"longest_commit_ms\": {:.1f}, \"cells\": {}, "
      "\"hot_mb\": {}, \"peak_rss_mb\": {}}}\n",
      users, events, feeder.deltas(), feeder.cpu() * 1e9 / static_cast<double>(events),
      feeder.longest() * 1000, feeder.longest_wall() * 1000, sizes.cells, sizes.hot_bytes / kMiB,
      peak_bytes() / kMiB);
}

// In a process of its own, which is killed.
void in_killed_process(const std::function<void()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) < 0 || !WIFSIGNALED(status)) fail("the first run failed");
}

void start(std::size_t groups, const std::string& folder) {
  StateLimits limits;
  limits.hot_bytes = 256 * kMiB;
  in_killed_process([&] {
    auto store = taken(RocksStore::open(folder, 256 * kMiB));
    Feeder feeder(*store, day_rule(), limits);
    fill(feeder, groups, 16);
    if (feeder.state().sizes().cells != groups) fail("not all are hot");
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto since = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * 1000;
  };
  const double cpu = thread_cpu();
  auto store = taken(RocksStore::open(folder, 256 * kMiB));
  const double opened = since();
  Feeder feeder(*store, day_rule(), limits);
  const double loaded = since();
  feeder.add(0, 20'400 * kDay, id_of(1, 16), 123'456'789, kNoon);
  feeder.commit(kNoon);
  fmt::print(
      "{{\"groups\": {}, \"store_opened_ms\": {:.0f}, \"state_loaded_ms\": {:.0f}, "
      "\"first_event_ms\": {:.0f}, \"cpu_ms\": {:.0f}, \"hot\": {}}}\n",
      groups, opened, loaded, since(), (thread_cpu() - cpu) * 1000, feeder.state().sizes().cells);
}

void panes(std::size_t groups, const std::string& folder) {
  const Panes grid = Panes::of(std::chrono::hours(1));
  const auto add = [&](Feeder& feeder, std::uint64_t user) {
    feeder.add(0, grid.at(event_time_ms(kNoon)), id_of(user, 16), 123'456'789, kNoon);
  };
  StateLimits limits;
  in_killed_process([&] {
    auto store = taken(RocksStore::open(folder, 256 * kMiB));
    const std::size_t before = resident_bytes();
    Feeder feeder(*store, {rolling_rule()}, limits);
    for (std::size_t i = 0; i < groups; ++i) {
      add(feeder, i);
      if ((i + 1) % kBatch == 0) feeder.commit(kNoon);
    }
    fmt::print("{{\"groups\": {}, \"rss_bytes_per_group\": {:.1f}, \"longest_commit_ms\": {:.1f}, ",
               groups, static_cast<double>(resident_bytes() - before) / static_cast<double>(groups),
               feeder.longest() * 1000);
    std::fflush(stdout);
  });
  const double cpu = thread_cpu();
  auto store = taken(RocksStore::open(folder, 256 * kMiB));
  Feeder feeder(*store, {rolling_rule()}, limits);
  add(feeder, 1);
  feeder.commit(kNoon);
  const double started = thread_cpu() - cpu;
  const double waiting = thread_cpu();
  static_cast<void>(feeder.state().waits_for_time(event_time_ms(kNoon + 600'000)));
  const double waited = thread_cpu() - waiting;
  const double judging = thread_cpu();
  feeder.commit(kNoon + 600'000);
  fmt::print("\"start_cpu_ms\": {:.0f}, \"waits_for_time_us\": {:.1f}, \"pane_end_ms\": {:.2f}}}\n",
             started * 1000, waited * 1e6, (thread_cpu() - judging) * 1000);
}

int run(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t i) { return std::strtoull(words[i].c_str(), nullptr, 10); };
  const std::string what = words.empty() ? "" : words[0];
  if (what == "ram" && words.size() == 2) {
    ram(number(1));
  } else if (what == "disk" && words.size() == 3) {
    disk(number(1), words[2]);
  } else if (what == "users" && words.size() == 5) {
    users(number(1), number(2), words[3], number(4));
  } else if (what == "start" && words.size() == 3) {
    start(number(1), words[2]);
  } else if (what == "panes" && words.size() == 3) {
    panes(number(1), words[2]);
  } else {
    fail(
        "usage: bench_groups ram GROUPS | disk GROUPS DIR | users USERS EVENTS DIR MEMORY | "
        "start GROUPS DIR | panes GROUPS DIR");
  }
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  return tocsin::bench::run(std::vector<std::string>(argv + 1, argv + argc));
}
