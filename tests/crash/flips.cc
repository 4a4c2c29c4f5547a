// SPDX-License-Identifier: Apache-2.0
// Damage on disk: a bit flipped, a file cut or gone, in any file of a state that was left by kill
// -9. What comes of it is exact, or refused with the place and what to do; never a wrong total.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "crash/child.h"
#include "crash/life.h"
#include "crash/suite.h"
#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"
#include "tocsin/crash_point.h"

namespace tocsin::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRecords = 600;
constexpr std::size_t kMemory = 16 << 20;
constexpr std::size_t kWriteBuffer = 64 << 10;

int commits_left = 0;  // until the process dies; 0: it doesn't
void die_after_commits(CrashStep step, CrashEdge edge) {
  if (step != CrashStep::commit || edge != CrashEdge::after) return;
  if (commits_left > 0 && --commits_left == 0) ::raise(SIGKILL);
}

// One life; the outcome is written to `lines`.
int live_once(const Scenario& scenario, const std::string& folder, std::uint64_t seed) {
  auto store = RocksStore::open(folder + "/state", kMemory, {nullptr, kWriteBuffer});
  Result<std::vector<std::string>> lines = stop("");
  if (!store) {
    lines = tl::unexpected(store.error());
  } else {
    Life life{scenario,
              **store,
              [](const Post&) { return true; },
              folder + "/version-2",
              folder + "/quarantine",
              seed};
    const auto ran = life.run();
    lines = ran ? outcome(scenario, **store) : tl::unexpected(ran.error());
  }
  if (!lines) {
    std::fprintf(stderr, "%s\n", lines.error().message.c_str());
    return 1;
  }
  std::ofstream out(folder + "/outcome");
  for (const std::string& line : *lines) out << line << "\n";
  return 0;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

class Flips {
 public:
  explicit Flips(const Size& size) : size_(size), scenario_(Scenario::make(size.seed, kRecords)) {}

  int run() {
    const TemporaryDirectory whole;
    const End end = in_child(whole / "log", [&] { return live_once(scenario_, whole.path(), 1); });
    wanted_ = lines_of(whole / "outcome");
    if (!end.well() || wanted_.empty() || !save()) {
      std::printf("FAILED  the state to be damaged: %s\n0 passed, 1 failed\n", end.text().c_str());
      return 1;
    }
    return run_cases(
        size_, size_.count,
        [&](std::uint64_t one, std::uint64_t& other) { return run_case(one, other); },
        [](std::uint64_t refused) {
          std::printf("%llu refused, the others exact\n", static_cast<unsigned long long>(refused));
        });
  }

 private:
  // Two lives that died, the second over the tables that it made of the first one's log.
  bool save() {
    for (const int commits : {8, 5}) {
      const End end = in_child(saved_ / "log", [&] {
        commits_left = commits;
        crash_hook = die_after_commits;
        return live_once(scenario_, saved_.path(), 1);
      });
      if (end.killed_by == SIGKILL) continue;
      std::printf("    a life before did not die: %s\n", end.text().c_str());
      return false;
    }
    for (const auto& entry : fs::directory_iterator(saved_ / "state")) {
      const std::string name = entry.path().filename().string();
      const bool read = name.ends_with(".sst") || name.ends_with(".log") ||
                        name.starts_with("MANIFEST") || name.starts_with("OPTIONS") ||
                        name == "CURRENT";
      if (read && entry.file_size() > 0) files_.push_back(name);
    }
    std::sort(files_.begin(), files_.end());
    return true;
  }

  // Nine of ten are flips; of the others half are cut, and half are gone.
  std::string damage(const std::string& path, std::mt19937_64& random) const {
    const std::uint64_t size = fs::file_size(path), at = random() % size;
    switch (random() % 20) {
      case 0: fs::remove(path); return "gone";
      case 1: fs::resize_file(path, at); return "cut at " + std::to_string(at);
      default: break;
    }
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int byte = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(byte ^ (1 << random() % 8)));
    return "a bit flipped at " + std::to_string(at);
  }

  bool run_case(std::uint64_t one, std::uint64_t& refused) {
    std::mt19937_64 random(size_.seed * 1'000'003 + one);
    const TemporaryDirectory folder;
    fs::copy(saved_ / "state", folder / "state", fs::copy_options::recursive);
    if (fs::exists(saved_ / "version-2")) fs::copy(saved_ / "version-2", folder / "version-2");
    const std::string& name = files_[one % files_.size()];
    const std::string what = name + " " + damage(folder / "state" + "/" + name, random);
    const std::uint64_t seed = random();
    const End end =
        in_child(folder / "log", [&] { return live_once(scenario_, folder.path(), seed); });
    std::string faults;
    if (end.well()) {
      faults = difference(wanted_, lines_of(folder / "outcome"));
    } else if (end.code == 1) {
      ++refused;
      const bool says_where = end.said.find(folder / "state") != std::string::npos ||
                              end.said.find("the state is damaged") != std::string::npos;
      if (!says_where || end.said.find("restore") == std::string::npos) faults = end.text();
    } else {
      faults = end.text();
    }
    if (faults.empty()) return true;
    std::printf("FAILED  %s: %s\n    to repeat: %s flips --seed %llu --count %llu --only %llu\n",
                what.c_str(), faults.c_str(), size_.program.c_str(),
                static_cast<unsigned long long>(size_.seed),
                static_cast<unsigned long long>(size_.count), static_cast<unsigned long long>(one));
    return false;
  }

  const Size size_;
  const Scenario scenario_;
  const TemporaryDirectory saved_;
  std::vector<std::string> files_;
  std::vector<std::string> wanted_;
};

}  // namespace

int run_flips(const Size& size) { return Flips(size).run(); }

}  // namespace tocsin::crash
