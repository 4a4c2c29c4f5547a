// SPDX-License-Identifier: Apache-2.0
// Runs whole engines in one thread, each from a seed (docs/reliability.md).
//   sim_test --seed 1234 [--records N] [--without crash,reload] [--story]
//   sim_test --seeds 10000 [--from 1] [--jobs 2]
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.h"
#include "state/view.h"

using namespace tocsin;
using namespace tocsin::sim;

namespace {

struct Arguments {
  std::uint64_t from = 1, seeds = 1, jobs = 1;
  Options options;
  bool story = false;
};

std::set<std::string> words(const std::string& list) {
  std::set<std::string> all;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    all.insert(list.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

Arguments read_arguments(int count, char** values) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string name = values[i];
    if (name == "--story") {
      arguments.story = true;
      continue;
    }
    if (i + 1 == count) {
      std::fprintf(stderr, "sim_test: %s needs a value\n", name.c_str());
      std::exit(2);
    }
    const std::string value = values[++i];
    const std::uint64_t number = std::strtoull(value.c_str(), nullptr, 10);
    if (name == "--seed") {
      arguments.from = number;
    } else if (name == "--seeds") {
      arguments.seeds = number;
    } else if (name == "--from") {
      arguments.from = number;
    } else if (name == "--jobs") {
      arguments.jobs = std::max<std::uint64_t>(number, 1);
    } else if (name == "--records") {
      arguments.options.records = number;
    } else if (name == "--without") {
      arguments.options.without = words(value);
    } else {
      std::fprintf(stderr, "sim_test: unknown argument %s\n", name.c_str());
      std::exit(2);
    }
  }
  return arguments;
}

void tell(const World& world) {
  std::printf("%s", world.plan().text().c_str());
  const sim::Version* version = nullptr;
  const auto& commits = world.history().commits;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (commits[i].version.get() == version) continue;
    version = commits[i].version.get();
    std::printf("from commit %zu of %zu on:\n%s", i + 1, commits.size(),
                yaml_of(version->specs).c_str());
  }
  const StateView view(world.store(), version->rules);
  const auto shown = view.alerts([](const Alert& alert) {
    std::printf("alert %s %s: %s, value %s of %lld, %lld to %lld\n", alert.rule.c_str(),
                alert.group.empty() ? "" : alert.group.front().second.c_str(), alert.rung.c_str(),
                decimal_text(alert.value, 0).c_str(), static_cast<long long>(alert.requests),
                static_cast<long long>(to_ms(alert.window.start)),
                static_cast<long long>(to_ms(alert.window.end)));
    return true;
  });
  if (!shown) std::printf("its alerts cannot be read\n");
  const auto again = std::count_if(commits.begin(), commits.end(),
                                   [](const auto& commit) { return commit.repriced.has_value(); });
  std::printf("%td times priced again\n", again);
  std::printf("%llu deaths, %llu reloads\n", static_cast<unsigned long long>(world.deaths()),
              static_cast<unsigned long long>(world.reloads()));
}

bool passes(const Options& options, bool story, const char* program) {
  World world(draw_plan(options));
  const auto faults = world.run();
  if (faults.empty() && !story) return true;
  for (const auto& text : faults) std::printf("  %s\n", text.c_str());
  if (story) tell(world);
  if (!faults.empty()) {
    std::printf("FAILED: %s --seed %llu\n", program, static_cast<unsigned long long>(options.seed));
  }
  std::fflush(stdout);
  return faults.empty();
}

// Every `step`th seed from `from` on: how many failed. `at`: the one that runs.
std::uint64_t run(Arguments arguments, std::uint64_t first, std::uint64_t step, const char* program,
                  std::uint64_t& at) {
  std::uint64_t failed = 0;
  for (std::uint64_t i = first; i < arguments.seeds; i += step) {
    arguments.options.seed = at = arguments.from + i;
    if (!passes(arguments.options, arguments.story, program)) ++failed;
  }
  return failed;
}

// The same by several processes: a world is one thread's, and its crash hook a process's.
std::uint64_t run_by_jobs(const Arguments& arguments, const char* program) {
  std::vector<std::pair<pid_t, int>> jobs;
  void* const shared = mmap(nullptr, arguments.jobs * sizeof(std::uint64_t), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) std::abort();
  auto* const seeds = static_cast<std::uint64_t*>(shared);
  for (std::uint64_t job = 0; job < arguments.jobs; ++job) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    const pid_t child = fork();
    if (child == 0) {
      const std::uint64_t failed = run(arguments, job, arguments.jobs, program, seeds[job]);
      const bool told = write(ends[1], &failed, sizeof failed) == sizeof failed;
      _exit(told ? 0 : 1);
    }
    close(ends[1]);
    jobs.emplace_back(child, ends[0]);
  }
  std::uint64_t failed = 0;
  for (std::size_t job = 0; job < jobs.size(); ++job) {
    const auto [child, end] = jobs[job];
    std::uint64_t of_job = 0;
    int status = 0;
    const bool told = read(end, &of_job, sizeof of_job) == sizeof of_job;
    waitpid(child, &status, 0);
    if (!told) {
      std::printf("DIED: %s --seed %llu\n", program, static_cast<unsigned long long>(seeds[job]));
    }
    failed += told ? of_job : 1;
  }
  return failed;
}

}  // namespace

int main(int count, char** values) {
  const Arguments arguments = read_arguments(count, values);
  std::fflush(stdout);
  std::uint64_t at = 0;
  const std::uint64_t failed =
      arguments.jobs > 1 ? run_by_jobs(arguments, values[0]) : run(arguments, 0, 1, values[0], at);
  std::printf("%llu passed, %llu failed\n",
              static_cast<unsigned long long>(arguments.seeds - failed),
              static_cast<unsigned long long>(failed));
  return failed == 0 ? 0 : 1;
}
