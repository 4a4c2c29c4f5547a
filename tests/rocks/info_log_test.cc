// SPDX-License-Identifier: Apache-2.0
#include "rocks/info_log.h"

#include <rocksdb/env.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/temporary_directory.h"

using namespace tocsin;
using rocks::InfoLog;
namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("What RocksDB warns of is a line of LOG each; the start before has its own in LOG.old") {
  const TemporaryDirectory folder;
  for (const int start : {1, 2}) {
    InfoLog log(folder.path());
    rocksdb::Warn(&log, "start %d", start);
    rocksdb::Warn(&log, "%s", std::string(10'000, 'x').c_str());
    rocksdb::Info(&log, "not of interest");
  }
  const std::string now = text_of(folder / "LOG"), before = text_of(folder / "LOG.old");
  CHECK(now.find("start 2\n") != std::string::npos);
  CHECK(now.ends_with("xxx\n"));
  CHECK(now.size() < 5'000);
  CHECK(now.find("interest") == std::string::npos);
  CHECK(before.find("start 1\n") != std::string::npos);
}

TEST_CASE("LOG and LOG.old stay small, however much is warned of") {
  const TemporaryDirectory folder;
  InfoLog log(folder.path());
  const std::string line(2'000, 'x');
  for (int i = 0; i < 6'000; ++i) rocksdb::Warn(&log, "%s", line.c_str());
  CHECK(fs::file_size(folder / "LOG") <= InfoLog::kSizeMax);
  CHECK(fs::file_size(folder / "LOG.old") <= InfoLog::kSizeMax);
}

TEST_CASE("A LOG that cannot be written is done without") {
  const TemporaryDirectory folder;
  fs::create_directories(folder / "LOG" + "/taken");
  fs::create_directories(folder / "LOG.old" + "/taken");
  InfoLog log(folder.path());
  rocksdb::Warn(&log, "nobody reads this");
  CHECK(fs::is_directory(folder / "LOG"));
}
