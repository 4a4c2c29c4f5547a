// SPDX-License-Identifier: Apache-2.0
// Power cuts: what was not synced is lost, cut, garbled or full of holes, also while a start mends
// what the cut before has left.
#include <rocksdb/env.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <random>

#include "crash/child.h"
#include "crash/life.h"
#include "crash/lossy_files.h"
#include "crash/suite.h"
#include "crash/witness.h"
#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"

namespace tocsin::crash {
namespace {

constexpr std::size_t kRecords = 300;
constexpr std::size_t kMemory = 16 << 20;
// As small as RocksDB has them: logs and tables follow each other quickly.
constexpr std::size_t kWriteBuffer = 64 << 10;
constexpr std::uint64_t kStepsOfAStart = 60;
constexpr int kCutsMax = 3;
constexpr int kRefused = 70;  // child.cc: of an exception

// The lives of one state between power cuts.
class Lives {
 public:
  Lives(const Scenario& scenario, std::string folder, std::mt19937_64& random)
      : scenario_(scenario), folder_(std::move(folder)), random_(random) {}

  // One life, with the power cut at that step (0: never). False: it was cut. Throws what is wrong.
  bool live(std::uint64_t fatal_step, Damage damage) {
    auto files = std::make_shared<LossyFiles>(folder_ + "/attic", fatal_step);
    const std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
    const auto over = live_on(*files, *env);
    steps_ = files->steps();
    if (over) return true;
    if (!files->lost()) throw std::runtime_error(over.error().message);
    files->settle(damage, random_);
    ++cuts_;
    return false;
  }

  std::uint64_t steps() const { return steps_; }
  std::uint64_t cuts() const { return cuts_; }
  const std::vector<std::string>& outcome() const { return outcome_; }

 private:
  Result<void> live_on(const LossyFiles& files, rocksdb::Env& env) {
    auto opened = RocksStore::open(folder_ + "/state", kMemory, {&env, kWriteBuffer});
    if (!opened) return tl::unexpected(opened.error());
    const Store& store = **opened;
    if (auto good = check(store); !good) return good;
    Witness witness(**opened, history_);
    Life life{scenario_,
              witness,
              [&](const Post& post) { return !files.lost() && arrived(post); },
              folder_ + "/version-2",
              folder_ + "/quarantine",
              random_()};
    if (auto ran = life.run(); !ran) return ran;
    auto lines = crash::outcome(scenario_, store);
    if (!lines) return tl::unexpected(lines.error());
    outcome_ = std::move(*lines);
    return {};
  }

  bool arrived(const Post& post) {
    const std::string message = post.channel + " " + post.key;
    arrived_.insert(message);
    for (const std::string& id : post.alerts) {
      const auto& first = keys_.emplace(post.channel + " " + id, post.key).first->second;
      if (first != post.key) throw std::runtime_error("alert " + id + " came under two keys");
    }
    return true;
  }

  // What a start finds after a cut, before anything else is done.
  Result<void> check(const Store& store) {
    const auto holds = history_.holds(store);
    if (!holds) return tl::unexpected(holds.error());
    if (!*holds) throw std::runtime_error("what is left is no state that it ever had, or too old");
    const auto known = known_messages(store);
    if (!known) return tl::unexpected(known.error());
    for (const std::string& message : arrived_) {
      if (!known->contains(message)) {
        throw std::runtime_error("sent before it was synced: " + message);
      }
    }
    return {};
  }

  const Scenario& scenario_;
  const std::string folder_;
  std::mt19937_64& random_;
  History history_;
  std::set<std::string> arrived_;
  std::map<std::string, std::string> keys_;  // of messages, by channel and alert
  std::vector<std::string> outcome_;
  std::uint64_t steps_ = 0, cuts_ = 0;
};

class Power {
 public:
  explicit Power(const Size& size) : size_(size), scenario_(Scenario::make(size.seed, kRecords)) {}

  int run() {
    const TemporaryDirectory folder;
    const End end = in_child(folder / "log", [&] {
      std::mt19937_64 random(size_.seed);
      Lives lives(scenario_, folder.path(), random);
      lives.live(0, Damage::keep);
      std::ofstream(folder / "steps") << lives.steps();
      std::ofstream lines(folder / "outcome");
      for (const std::string& line : lives.outcome()) lines << line << "\n";
      return 0;
    });
    if (!end.well()) {
      std::printf("FAILED  the undisturbed run: %s\n0 passed, 1 failed\n", end.text().c_str());
      return 1;
    }
    std::ifstream(folder / "steps") >> steps_;
    std::ifstream lines(folder / "outcome");
    for (std::string line; std::getline(lines, line);) wanted_.push_back(line);
    return run_cases(
        size_, size_.count,
        [&](std::uint64_t one, std::uint64_t& other) { return run_case(one, other); },
        [](std::uint64_t refused) {
          std::printf("%llu refused for a MANIFEST cut in mid-write, the others exact\n",
                      static_cast<unsigned long long>(refused));
        });
  }

 private:
  // RocksDB reads no MANIFEST that has rubbish behind its synced end. File systems that write a
  // file's data before its length leave none; after one that does, a person has to decide.
  static bool refused(const End& end, Damage damage) {
    const bool rubbish =
        damage != Damage::drop && damage != Damage::keep && damage != Damage::truncate;
    return rubbish && end.code == kRefused && end.said.find("/MANIFEST-") != std::string::npos &&
           end.said.find("restore it from a backup") != std::string::npos;
  }

  bool run_case(std::uint64_t one, std::uint64_t& refusals) {
    const TemporaryDirectory folder;
    const End end = in_child(folder / "log", [&] {
      std::mt19937_64 random(size_.seed * 1'000'003 + one);
      Lives lives(scenario_, folder.path(), random);
      const auto damage = static_cast<Damage>(one % kDamages);
      bool over = lives.live(1 + random() % steps_, damage);
      // Half of all cuts are followed by one in the start after it.
      for (int cut = 1; !over && cut < kCutsMax; ++cut) {
        over = lives.live(1 + random() % (random() % 2 == 0 ? kStepsOfAStart : steps_), damage);
      }
      if (!over) lives.live(0, damage);
      const std::string faults = difference(wanted_, lives.outcome());
      std::fprintf(stderr, "%s", faults.c_str());
      return faults.empty() ? 0 : 1;
    });
    if (end.well()) return true;
    if (refused(end, static_cast<Damage>(one % kDamages))) {
      ++refusals;
      return true;
    }
    std::printf(
        "FAILED  power cut %llu: %s\n    to repeat: %s power --seed %llu --count %llu "
        "--only %llu\n",
        static_cast<unsigned long long>(one), end.text().c_str(), size_.program.c_str(),
        static_cast<unsigned long long>(size_.seed), static_cast<unsigned long long>(size_.count),
        static_cast<unsigned long long>(one));
    return false;
  }

  const Size size_;
  const Scenario scenario_;
  std::uint64_t steps_ = 0;
  std::vector<std::string> wanted_;
};

}  // namespace

int run_power(const Size& size) { return Power(size).run(); }

}  // namespace tocsin::crash
