// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/junit.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "cli/real_files.h"
#include "cli/rule_test_run.h"
#include "cli/terminal.h"
#include "cli/yaml_files.h"

namespace tocsin {
namespace {

struct TestOptions {
  std::vector<std::string> paths = {"rules/tests"};
  std::string junit;
};

struct Tally {
  std::size_t passed = 0, failed = 0, broken_files = 0;
};

class Runner {
 public:
  Runner() : terminal_(Terminal::of(STDOUT_FILENO)) {}

  void file(const std::string& path) {
    JUnitSuite& suite = suites_.emplace_back(JUnitSuite{path, {}});
    RealFiles files;
    const TestFile file = load_test_file(path, files);
    for (const auto& diagnostic : file.diagnostics) {
      std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
    }
    if (!file.ok()) return broken(suite, path, "this file or its rules have errors");
    const auto prices = PriceList::with_files(file.price_files);
    if (!prices) {
      std::fprintf(stderr, "%s\n", prices.error().message.c_str());
      return broken(suite, path, prices.error().message);
    }
    for (const auto& test : file.tests) one(test, file, *prices, suite);
  }

  const Tally& tally() const { return tally_; }
  const std::vector<JUnitSuite>& suites() const { return suites_; }

 private:
  void broken(JUnitSuite& suite, const std::string& path, const std::string& why) {
    ++tally_.broken_files;
    suite.cases.push_back({.name = path, .line = 1, .took = Millis{0}, .failure = why});
  }

  void one(const RuleTest& test, const TestFile& file, const PriceList& prices, JUnitSuite& suite) {
    const auto started = clock_.monotonic();
    const auto outcome = run_test(test, file.rules, prices);
    JUnitCase& of = suite.cases.emplace_back();
    of.name = test.name;
    of.line = test.origin.line;
    of.took = std::chrono::duration_cast<Millis>(clock_.monotonic() - started);
    if (outcome && outcome->passed()) {
      ++tally_.passed;
      return;
    }
    ++tally_.failed;
    of.failure = outcome ? side_by_side(*outcome, file.rules) : outcome.error().message + "\n";
    std::printf("%s:%d: %s: %s\n%s\n", file.path.c_str(), test.origin.line,
                terminal_.painted(Paint::red, "failed").c_str(), test.name.c_str(),
                of.failure.c_str());
  }

  Terminal terminal_;
  RealClock clock_;
  Tally tally_;
  std::vector<JUnitSuite> suites_;
};

int test(const TestOptions& options) {
  const auto files = yaml_files(options.paths, Folders::nested);
  if (!files) {
    std::fprintf(stderr, "tocsin: %s\n", files.error().message.c_str());
    return kExitFound;
  }
  const RealClock clock;
  const auto started = clock.monotonic();
  Runner runner;
  for (const auto& file : *files) runner.file(file);
  const Tally& tally = runner.tally();
  const auto took = std::chrono::duration_cast<Millis>(clock.monotonic() - started);
  std::string line = fmt::format("{} in {}", plural(tally.passed + tally.failed, "test"),
                                 plural(files->size(), "file"));
  if (tally.failed > 0) {
    line += fmt::format(": {} failed", tally.failed);
  } else if (tally.broken_files == 0) {
    line += fmt::format(", all passed ({} ms)", took.count());
  }
  if (tally.broken_files > 0) {
    line += fmt::format("; {} could not be run", plural(tally.broken_files, "file"));
  }
  std::printf("%s\n", line.c_str());
  if (!options.junit.empty()) {
    if (auto written = write_junit(options.junit, runner.suites()); !written) {
      std::fprintf(stderr, "tocsin: %s\n", written.error().message.c_str());
      return kExitFound;
    }
  }
  if (tally.broken_files > 0) return kExitConfig;
  return tally.failed > 0 ? kExitFound : kExitOk;
}

}  // namespace

void add_test(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = app.add_subcommand("test", "Run tests of rules");
  command->add_option("paths", options->paths, "test files, or folders of them (rules/tests)");
  command->add_option("--junit", options->junit, "write the results as JUnit XML to this file");
  command->callback([options, &slot] { slot.run = [options] { return test(*options); }; });
}

}  // namespace tocsin
