// SPDX-License-Identifier: Apache-2.0
// Death, and power cuts, at every step of the local log: what was answered is there, once and in
// its place, and nothing that was not asked for.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <random>
#include <vector>

#include "crash/child.h"
#include "crash/suite.h"
#include "file/local_log_source.h"
#include "support/manual_clock.h"
#include "support/temporary_directory.h"
#include "tocsin/crash_point.h"

namespace tocsin::crash {
namespace {

constexpr std::size_t kLogPoints = 2 * (std::size(kCrashSteps) - kEngineCrashSteps);
constexpr std::int64_t kAppended = 200;
constexpr std::uint64_t kSegmentBytes = 700;
constexpr int kHitsMax = 12;

// What outlives the process that appends.
struct Shared {
  std::atomic<std::int64_t> answered{0};  // records, all from offset 0 on
  std::atomic<std::int64_t> counted{0};   // offsets before it may go
};

std::size_t fatal = kLogPoints;
int fatal_in = 0;

void on_log_point(CrashStep step, CrashEdge edge) {
  const std::size_t number = static_cast<std::size_t>(step);
  if (number < kEngineCrashSteps) return;
  const std::size_t point = 2 * (number - kEngineCrashSteps) + (edge == CrashEdge::after ? 1 : 0);
  if (point == fatal && --fatal_in == 0) ::raise(SIGKILL);
}

std::string record_of(std::int64_t offset) {
  const auto size = static_cast<std::size_t>(1 + offset * 37 % 90);
  return std::to_string(offset) + "/" + std::string(size, 'x');
}

LocalLogConfig log_config(const std::string& folder) {
  LocalLogConfig config;
  config.folder = folder;
  config.segment_bytes = kSegmentBytes;
  config.kept_bytes = 0;
  return config;
}

int append_until_death(const std::string& folder, Shared& shared, std::mt19937_64& chance) {
  const ManualClock clock;
  auto log = LocalLog::open(log_config(folder), clock);
  if (!log) return 1;
  crash_hook = on_log_point;
  std::int64_t next = (*log)->end();
  while (next < kAppended) {
    std::vector<std::string> values;
    for (std::uint64_t i = 1 + chance() % 3; i > 0; --i) values.push_back(record_of(next++));
    const std::vector<std::string_view> records(values.begin(), values.end());
    if (!(*log)->append(records)) return 2;
    shared.answered = next;
    if (chance() % 4 != 0) continue;
    shared.counted = std::max<std::int64_t>(0, next - static_cast<std::int64_t>(chance() % 5));
    (*log)->counted(shared.counted);
  }
  return 0;
}

// What the power cut left of what was not synced: a part, zeros, or what stood there before.
void cut_power(const std::string& folder, std::int64_t answered, std::mt19937_64& chance) {
  const auto segments = list_segments(folder);
  if (!segments || segments->empty()) return;
  const Segment& last = segments->back();
  const std::string path = folder + "/" + segment_name(last.first_offset);
  std::uint64_t durable = kSegmentHeaderBytes;
  if (last.bytes >= kSegmentHeaderBytes) {
    auto reader = SegmentReader::open(folder, last.first_offset);
    while (reader && reader->next_offset() < answered) {
      const auto frame = reader->peek();
      if (!frame || !*frame) break;
      reader->pass();
    }
    if (reader) durable = reader->position();
  }
  // Its name may be gone, too.
  if (last.first_offset >= answered && chance() % 3 == 0) {
    std::filesystem::remove(path);
    return;
  }
  if (last.bytes <= durable) return;
  const std::uint64_t left = durable + chance() % (last.bytes - durable + 1);
  std::filesystem::resize_file(path, left);
  if (chance() % 2 == 0) std::filesystem::resize_file(path, last.bytes);  // zeros
}

std::string wrong_in(const std::string& folder, const Shared& shared) {
  const ManualClock clock;
  LocalLogConfig config = log_config(folder);
  config.least_offset = shared.counted;
  auto log = LocalLog::open(std::move(config), clock);
  if (!log) return log.error().message;
  if ((*log)->start() > shared.counted) return "what is not counted is gone";
  if ((*log)->end() < shared.answered) return "what was answered is gone";
  LogReader reader(folder, shared.counted);
  while (reader.next_offset() < (*log)->end()) {
    const auto step = reader.next((*log)->end());
    if (!step) return step.error().message;
    if (!*step || (*step)->values.empty()) return "there is a gap";
    std::int64_t offset = (*step)->first_offset;
    for (const auto value : (*step)->values) {
      if (value != record_of(offset++)) return "a record is another";
    }
  }
  const std::string more = record_of((*log)->end());
  const std::array<std::string_view, 1> records = {more};
  if (!(*log)->append(records)) return "nothing can be appended";
  return {};
}

bool run_log_case(const Size& size, std::uint64_t one, std::uint64_t& died) {
  std::mt19937_64 chance(size.seed * 1'000'003 + one);
  const TemporaryDirectory directory;
  const std::string folder = directory / "log";
  void* memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& shared = *new (memory) Shared;
  std::string wrong;
  for (int life = 0; life < 3 && wrong.empty(); ++life) {
    const End end = in_child(directory / "said", [&] {
      fatal = static_cast<std::size_t>(one) % kLogPoints;
      fatal_in = 1 + static_cast<int>(chance() % kHitsMax);
      return append_until_death(folder, shared, chance);
    });
    chance.discard(7);
    if (end.killed_by == SIGKILL) ++died;
    if (end.killed_by != SIGKILL && !end.well()) wrong = end.text();
    if (wrong.empty() && one % 2 == 0) cut_power(folder, shared.answered, chance);
    if (wrong.empty()) wrong = wrong_in(folder, shared);
    if (end.well()) break;
  }
  ::munmap(memory, sizeof(Shared));
  if (wrong.empty()) return true;
  std::printf("FAILED  %s\n    to repeat: %s log --seed %llu --only %llu\n", wrong.c_str(),
              size.program.c_str(), static_cast<unsigned long long>(size.seed),
              static_cast<unsigned long long>(one));
  std::fflush(stdout);
  return false;
}

}  // namespace

int run_log(const Size& size) {
  return run_cases(
      size, size.count * kLogPoints,
      [&](std::uint64_t one, std::uint64_t& died) { return run_log_case(size, one, died); },
      [](std::uint64_t died) {
        std::printf("%llu deaths\n", static_cast<unsigned long long>(died));
      });
}

}  // namespace tocsin::crash
