// SPDX-License-Identifier: Apache-2.0
#include "cli/file_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

using namespace tocsin;

namespace {

class NoLines final : public Log {
 public:
  void info(std::string_view) override {}
  void warn(std::string_view) override {}
  void error(std::string_view) override {}
};

// A folder with a watch over some files in it.
struct Folder {
  TemporaryDirectory directory;
  NoLines log;
  FileWatch watch{log};

  std::string path(const std::string& name) const { return directory.path() + "/" + name; }
  void write(const std::string& name) const { std::ofstream(path(name)) << "text"; }
  void rename(const std::string& from, const std::string& to) const {
    std::filesystem::rename(path(from), path(to));
  }
  bool watch_files(const std::vector<std::string>& names) {
    FileSet set;
    for (const auto& name : names) set.texts[path(name)] = "text";
    return watch.watch(set);
  }
};

}  // namespace

TEST_CASE("A file that is written, replaced or removed is noticed; another is not") {
  Folder folder;
  folder.write("rules.yaml");
  CHECK(folder.watch_files({"rules.yaml"}));
  CHECK_FALSE(folder.watch_files({"rules.yaml"}));
  CHECK_FALSE(folder.watch.changed());
  folder.write("events.jsonl");
  CHECK_FALSE(folder.watch.changed());
  SECTION("written") { folder.write("rules.yaml"); }
  SECTION("replaced as editors do") {
    folder.write("rules.yaml~");
    folder.rename("rules.yaml~", "rules.yaml");
  }
  SECTION("removed") { std::filesystem::remove(folder.path("rules.yaml")); }
  SECTION("made unreadable") { ::chmod(folder.path("rules.yaml").c_str(), 0); }
  CHECK(folder.watch.changed());
  CHECK_FALSE(folder.watch.changed());
}

TEST_CASE("A new file that a pattern describes is noticed, in a new folder too") {
  Folder folder;
  std::filesystem::create_directory(folder.path("teams"));
  FileSet set;
  set.expansions[folder.path("teams/*/*.yaml")] = {};
  folder.watch.watch(set);
  std::filesystem::create_directory(folder.path("teams/search"));
  CHECK(folder.watch.changed());
  CHECK(folder.watch.watch(set));
  folder.write("teams/search/x.txt");
  CHECK_FALSE(folder.watch.changed());
  folder.write("teams/search/x.yaml");
  CHECK(folder.watch.changed());
}

TEST_CASE("A new file is noticed when it is written to its end, not before") {
  Folder folder;
  folder.watch_files({"customers.csv"});
  std::ofstream file(folder.path("customers.csv"));
  file << "Customer,budget\nann,$1" << std::flush;
  CHECK_FALSE(folder.watch.changed());
  file << "00\n";
  file.close();
  CHECK(folder.watch.changed());
}

TEST_CASE("Links that are swapped are noticed, as Kubernetes and releases do") {
  Folder folder;
  for (const char* version : {"..1", "..2"}) {
    std::filesystem::create_directory(folder.path(version));
    folder.write(std::string(version) + "/rules.yaml");
  }
  std::filesystem::create_symlink("..1", folder.path("..data"));
  std::filesystem::create_symlink("..data/rules.yaml", folder.path("rules.yaml"));
  folder.watch_files({"rules.yaml"});
  std::filesystem::create_symlink("..2", folder.path("..data_tmp"));
  CHECK_FALSE(folder.watch.changed());
  folder.rename("..data_tmp", "..data");
  CHECK(folder.watch.changed());
  CHECK(folder.watch_files({"rules.yaml"}));
  folder.write("..2/rules.yaml");
  CHECK(folder.watch.changed());
}

TEST_CASE("A file that is not there yet is noticed when it comes") {
  Folder folder;
  FileSet set;
  set.missing.insert(folder.path("new/rules.yaml"));
  folder.watch.watch(set);
  std::filesystem::create_directory(folder.path("new"));
  CHECK(folder.watch.changed());
  folder.watch.watch(set);
  folder.write("new/rules.yaml");
  CHECK(folder.watch.changed());
}

TEST_CASE("Events settle when none came for a while, or at last when they never end") {
  Settling settling;
  Settling::Time now{};
  CHECK(settling.wait(now) == Millis{-1});
  settling.happened(now);
  CHECK(settling.wait(now) == Settling::kQuiet);
  CHECK_FALSE(settling.settled(now + Settling::kQuiet - Millis{1}));
  CHECK(settling.settled(now + Settling::kQuiet));
  int events = 0;
  for (Settling::Time t = now; !settling.settled(t); t += Millis{100}, ++events)
    settling.happened(t);
  CHECK(events == 30);
  settling.reset();
  CHECK_FALSE(settling.settled(now + Settling::kLongest));
}
