// SPDX-License-Identifier: Apache-2.0
// Broken files, and what is said of each: tests/rule/broken/*.yaml and expected.txt.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "memory_files.h"
#include "support/mutate.h"

using namespace tocsin;

namespace {

namespace fs = std::filesystem;

const fs::path kBroken = TOCSIN_SOURCE_DIR "/tests/rule/broken";
constexpr std::string_view kConfigPrefix = "config-";

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// All files there, by their path from there on.
std::map<std::string, std::string> broken_files() {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(kBroken)) {
    if (!entry.is_regular_file()) continue;
    files.emplace(fs::relative(entry.path(), kBroken).string(), bytes_of(entry.path()));
  }
  files.erase("expected.txt");
  return files;
}

Loaded load_broken(const std::string& name, MemoryFiles& files) {
  if (name.starts_with(kConfigPrefix)) {
    const Environment variables = [](const std::string& variable) {
      return variable == "SLACK" ? std::optional<std::string>("https://hooks.example/s3cr3t")
                                 : std::nullopt;
    };
    return load({name, Purpose::run, files, variables});
  }
  RuleContext context{.files = files};
  context.channels = {"alerts", "oncall", "finance"};
  return load_rules({name}, context);
}

// By file: the lines that must be said of it. One that ends with … is the beginning of what is.
std::map<std::string, std::vector<std::string>> expected() {
  std::map<std::string, std::vector<std::string>> of;
  std::istringstream lines(bytes_of(kBroken / "expected.txt"));
  std::vector<std::string>* section = nullptr;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("== ")) {
      section = &of[line.substr(3)];
    } else if (!line.empty()) {
      REQUIRE(section != nullptr);
      section->push_back(line);
    }
  }
  return of;
}

bool says(const std::string& wanted, const std::string& got) {
  constexpr std::string_view kMore = "…";
  if (!wanted.ends_with(kMore)) return got == wanted;
  return got.starts_with(wanted.substr(0, wanted.size() - kMore.size()));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("Of each broken file exactly what is wrong is said: where, what, and what to write") {
  const auto files = broken_files();
  const auto wanted = expected();
  std::size_t count = 0;
  for (const auto& [name, text] : files) {
    if (name.find('/') != std::string::npos) continue;
    ++count;
    MemoryFiles there(files);
    const Loaded loaded = load_broken(name, there);
    const std::string got = told(loaded.diagnostics, name);
    INFO("== " << name << "\n" << got);
    CHECK_FALSE(loaded.ok());
    const auto lines = lines_of(got);
    if (!wanted.contains(name)) {
      FAIL_CHECK("expected.txt says nothing of it");
      continue;
    }
    CHECK(std::equal(wanted.at(name).begin(), wanted.at(name).end(), lines.begin(), lines.end(),
                     says));
    // A secret is in no error.
    CHECK(got.find("s3cr3t") == std::string::npos);
  }
  CHECK(count >= 100);
  CHECK(count == wanted.size());
}

TEST_CASE("Every error of a broken file names its line and column, but for keys that are missing") {
  const auto files = broken_files();
  for (const auto& [name, text] : files) {
    if (name.find('/') != std::string::npos) continue;
    MemoryFiles there(files);
    for (const auto& diagnostic : load_broken(name, there).diagnostics) {
      INFO(name << ": " << diagnostic.message);
      CHECK_FALSE(diagnostic.file.empty());
      CHECK((diagnostic.line > 0 || diagnostic.message.ends_with("is missing")));
      CHECK((diagnostic.line == 0 || diagnostic.column > 0));
    }
  }
}

TEST_CASE("A rule file that ships has as many rules as lines that begin one") {
  std::vector<fs::path> paths = {TOCSIN_SOURCE_DIR "/docs/examples/rules.yaml"};
  for (const auto& entry : fs::directory_iterator(TOCSIN_SOURCE_DIR "/rules")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  CHECK(paths.size() > 5);
  for (const auto& path : paths) {
    INFO(path);
    const std::string text = bytes_of(path);
    MemoryFiles files({{"rules.yaml", text}});
    const RuleContext context{.files = files};
    const Loaded loaded = load_rules({"rules.yaml"}, context);
    CHECK(told(loaded.diagnostics, "rules.yaml") == "");
    CHECK(loaded.files.at(0).rules == dash_lines(text));
    CHECK(loaded.files.at(0).rules > 0);
  }
}

TEST_CASE("A rule file that slips of hands have changed loses no rule if it is accepted") {
  std::size_t accepted = 0;
  for (const auto& entry : fs::directory_iterator(TOCSIN_SOURCE_DIR "/rules")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string seed = bytes_of(entry.path());
    Mutator mutator(seed.size());
    for (int i = 0; i < 100; ++i) {
      const std::string text = mutator.mutate(seed);
      MemoryFiles files({{"rules.yaml", text}});
      const RuleContext context{.files = files};
      const Loaded loaded = load_rules({"rules.yaml"}, context);
      if (!loaded.ok()) continue;
      ++accepted;
      INFO(text);
      REQUIRE(loaded.files.at(0).rules == dash_lines(text));
    }
  }
  CHECK(accepted > 100);
}
