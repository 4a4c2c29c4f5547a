// SPDX-License-Identifier: Apache-2.0
// Death at every named step of the engine, before and after it, on a real database: what is
// counted, recorded and told in the end is what an undisturbed run has.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "crash/child.h"
#include "crash/life.h"
#include "crash/suite.h"
#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"
#include "tocsin/crash_point.h"

namespace tocsin::crash {
namespace {

constexpr std::size_t kSteps = kEngineCrashSteps;
constexpr std::size_t kPoints = 2 * kSteps;
constexpr std::size_t kRecords = 600;
constexpr std::size_t kMemory = 16 << 20;
constexpr std::size_t kWriteBuffer = 64 << 10;  // logs follow each other

std::size_t point_of(CrashStep step, CrashEdge edge) {
  return 2 * static_cast<std::size_t>(step) + (edge == CrashEdge::after ? 1 : 0);
}
std::string name_of(std::size_t point) {
  return std::string(point % 2 == 0 ? "before " : "after ") + std::string(kCrashSteps[point / 2]);
}
bool is_of_a_start(std::size_t point) {
  return point / 2 >= static_cast<std::size_t>(CrashStep::open);
}

// Of the process that a life runs in.
std::array<std::atomic<std::uint64_t>, kPoints> hits;
std::size_t fatal_point = kPoints;
std::uint64_t fatal_hit = 0;

void on_crash_point(CrashStep step, CrashEdge edge) {
  const std::size_t point = point_of(step, edge);
  const std::uint64_t hit = ++hits[point];
  if (point == fatal_point && hit == fatal_hit) ::raise(SIGKILL);
}

// Where the lives of a case leave what they know. All but `state` is ours.
struct Files {
  explicit Files(std::string in) : folder(std::move(in)) {}
  std::string folder;
  std::string state() const { return folder + "/state"; }
  std::string marker() const { return folder + "/version-2"; }
  std::string quarantine() const { return folder + "/quarantine"; }
  std::string posts() const { return folder + "/posts"; }
  std::string outcome() const { return folder + "/outcome"; }
  std::string delivered() const { return folder + "/delivered"; }
  std::string faults() const { return folder + "/faults"; }
  std::string hits() const { return folder + "/hits"; }
  std::string log() const { return folder + "/log"; }
};

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}
template <class Lines>
void write_lines(const std::string& path, const Lines& lines) {
  std::ofstream file(path);
  for (const auto& line : lines) file << line << "\n";
}
// One write, so that a death leaves all of it or nothing.
void append_line(const std::string& path, const std::string& line) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string text = line + "\n";
  if (file < 0 || ::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("cannot write " + path);
  }
  ::close(file);
}

// What the receivers get; they cry out when a message comes again that was marked as delivered.
Postbox::Arrived receivers(const Files& files, std::set<std::string> done) {
  return [files, done = std::move(done)](const Post& post) mutable {
    const std::string message = post.channel + " " + post.key;
    // The engine's own are known by their time, and time begins anew in each life here.
    if (post.channel != "ops" && done.contains(message))
      append_line(files.faults(), "told again: " + message);
    if (post.answer == 200) done.insert(message);
    std::string line = message + " " + std::to_string(post.answer);
    for (const std::string& id : post.alerts) line += " " + id;
    append_line(files.posts(), line);
    return true;
  };
}

// A process's whole life; returns its exit code.
int live(const Scenario& scenario, const Files& files, std::uint64_t seed) {
  const auto failed = [](const Error& error) {
    std::fprintf(stderr, "%s\n", error.message.c_str());
    return 1;
  };
  auto store = RocksStore::open(files.state(), kMemory, {nullptr, kWriteBuffer});
  if (!store) return failed(store.error());
  auto done = delivered(**store);
  if (!done) return failed(done.error());
  Life life{scenario,           **store, receivers(files, std::move(*done)), files.marker(),
            files.quarantine(), seed};
  if (auto ran = life.run(); !ran) return failed(ran.error());
  auto lines = outcome(scenario, **store);
  auto told = delivered(**store);
  if (!lines) return failed(lines.error());
  if (!told) return failed(told.error());
  write_lines(files.outcome(), *lines);
  write_lines(files.delivered(), *told);
  std::ofstream counted(files.hits());
  for (const auto& hit : hits) counted << hit << "\n";
  return 0;
}

struct Fate {
  std::size_t point = kPoints;
  std::uint64_t hit = 0;
  std::uint64_t seed = 1;  // of the life
};
End live_until(const Scenario& scenario, const Files& files, const Fate& fate) {
  return in_child(files.log(), [&] {
    fatal_point = fate.point;
    fatal_hit = fate.hit;
    crash_hook = on_crash_point;
    return live(scenario, files, fate.seed);
  });
}

// What is wrong with what all lives have left; empty: nothing.
std::string faults_in(const Files& files, const std::vector<std::string>& wanted) {
  std::string faults = difference(wanted, lines_of(files.outcome()));
  for (const std::string& fault : lines_of(files.faults())) faults += "    " + fault + "\n";
  std::map<std::string, std::string> keys;
  std::set<std::string> taken;
  for (const std::string& line : lines_of(files.posts())) {
    std::istringstream words(line);
    std::string channel, key, id;
    int answer = 0;
    words >> channel >> key >> answer;
    if (answer == 200) taken.insert(channel + " " + key);
    while (words >> id) {
      const auto& first = keys.emplace(channel + " " + id, key).first->second;
      if (first != key) faults += "    alert " + id + " came as " + first + " and " + key + "\n";
    }
  }
  for (const std::string& message : lines_of(files.delivered())) {
    if (!taken.contains(message)) faults += "    never sent: " + message + "\n";
  }
  return faults;
}

class Points {
 public:
  explicit Points(const Size& size) : size_(size), scenario_(Scenario::make(size.seed, kRecords)) {}

  int run() {
    if (!undisturbed()) return 1;
    const std::uint64_t cases = kPoints * size_.count;
    return run_cases(
        size_, cases, [&](std::uint64_t one, std::uint64_t& other) { return run_case(one, other); },
        [](std::uint64_t deaths) {
          std::printf("%llu deaths at %zu points\n", static_cast<unsigned long long>(deaths),
                      kPoints);
        });
  }

 private:
  // What the others are held against, and how often each point is passed.
  bool undisturbed() {
    const std::string missed = undisturbed_once();
    if (missed.empty()) return true;
    std::printf("FAILED  the undisturbed run\n%s0 passed, 1 failed\n", missed.c_str());
    return false;
  }

  std::string undisturbed_once() {
    const TemporaryDirectory folder;
    const Files files(folder.path());
    const End end = live_until(scenario_, files, {});
    wanted_ = lines_of(files.outcome());
    const std::string faults = end.well() ? faults_in(files, wanted_) : end.text() + "\n";
    if (!faults.empty()) return faults;
    const auto counted = lines_of(files.hits());
    for (std::size_t point = 0; point < kPoints; ++point) {
      passed_[point] = std::stoull(counted[point]);
      if (passed_[point] == 0) return "    it does not pass the point " + name_of(point) + "\n";
    }
    return {};
  }

  // Dies at the point in one life and, when it comes to it, in the next; then lives to the end.
  bool run_case(std::uint64_t one, std::uint64_t& deaths) {
    const std::size_t point = one % kPoints;
    std::mt19937_64 random(size_.seed * 1'000'003 + one);
    const auto pick = [&](std::uint64_t most) { return 1 + random() % most; };
    std::vector<std::pair<std::size_t, std::uint64_t>> ends;
    if (is_of_a_start(point)) {
      const std::size_t commit = point_of(CrashStep::commit, CrashEdge::after);
      ends = {{commit, pick(passed_[commit])}, {point, 1}};
      if (random() % 2 == 0) ends.push_back({point, 1});
    } else {
      ends = {{point, pick(passed_[point])}, {point, pick(passed_[point] / 4 + 1)}};
    }
    const TemporaryDirectory folder;
    const Files files(folder.path());
    std::string faults;
    std::uint64_t died = 0;
    for (const auto& [at, hit] : ends) {
      const End end = live_until(scenario_, files, {at, hit, random()});
      if (end.killed_by == SIGKILL && !end.hung)
        ++died;
      else if (!end.well())
        faults += "    " + end.text() + "\n";
    }
    const End end = live_until(scenario_, files, {.seed = random()});
    faults += end.well() ? faults_in(files, wanted_) : "    " + end.text() + "\n";
    deaths += died;
    if (faults.empty()) return true;
    std::printf(
        "FAILED  death %s, case %llu\n%s    to repeat: %s points --seed %llu --count %llu "
        "--only %llu\n",
        name_of(point).c_str(), static_cast<unsigned long long>(one), faults.c_str(),
        size_.program.c_str(), static_cast<unsigned long long>(size_.seed),
        static_cast<unsigned long long>(size_.count), static_cast<unsigned long long>(one));
    return false;
  }

  const Size size_;
  const Scenario scenario_;
  std::vector<std::string> wanted_;
  std::array<std::uint64_t, kPoints> passed_{};
};

}  // namespace

int run_points(const Size& size) { return Points(size).run(); }

}  // namespace tocsin::crash
