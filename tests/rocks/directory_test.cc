// SPDX-License-Identifier: Apache-2.0
#include "rocks/directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/temporary_directory.h"

namespace tocsin {
namespace {

std::string refusal(const std::string& path) {
  const auto prepared = rocks::prepare_directory(path);
  if (prepared) return "accepted";
  CHECK(prepared.error().reaction == Reaction::reject);
  return prepared.error().message;
}

void touch(const std::string& path) { std::ofstream(path) << "x"; }

using Catch::Contains;

}  // namespace

TEST_CASE("A state directory is made with its parents, for its owner's eyes only") {
  const TemporaryDirectory root;
  const std::string path = root / "var/lib/tocsin";
  REQUIRE(rocks::prepare_directory(path));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  CHECK(rocks::prepare_directory(path));
}

TEST_CASE("A directory with other things in it is no state directory") {
  const TemporaryDirectory root;
  touch(root / "thesis.odt");
  CHECK_THAT(refusal(root.path()), Contains("holds something else (thesis.odt)"));
}

TEST_CASE("What a start leaves that died before there was a database is no hindrance") {
  const TemporaryDirectory root;
  for (const auto* name : {"LOCK", "LOG", "IDENTITY", "MANIFEST-000001", "000001.dbtmp"}) {
    touch(root / name);
  }
  std::filesystem::create_directory(root / "lost+found");
  CHECK(refusal(root.path()) == "accepted");
}

TEST_CASE(
    "Tables without a CURRENT file are called damaged, for a new database would delete them") {
  const TemporaryDirectory root;
  touch(root / "000012.sst");
  CHECK_THAT(refusal(root.path()), Contains("is damaged") && Contains("000012.sst"));
}

TEST_CASE("A directory others can write to is refused, with the cure") {
  const TemporaryDirectory root;
  REQUIRE(::chmod(root.path().c_str(), 0770) == 0);
  CHECK_THAT(refusal(root.path()), Contains("can be written by other users; chmod 700"));
}

TEST_CASE("A link is followed if it is ours, and refused if somebody else put it there") {
  const TemporaryDirectory root;
  REQUIRE(::mkdir((root / "disk").c_str(), 0700) == 0);
  const std::string link = root / "state";
  REQUIRE(::symlink((root / "disk").c_str(), link.c_str()) == 0);
  CHECK(refusal(link) == "accepted");
  // Only root can give one away.
  if (::lchown(link.c_str(), 12345, 12345) != 0) return;
  CHECK_THAT(refusal(link), Contains("is a link that belongs to another user (number 12345)"));
}

TEST_CASE("A file, an empty name and a place that cannot be made are refused") {
  const TemporaryDirectory root;
  touch(root / "file");
  CHECK_THAT(refusal(root / "file"), Contains("is a file; name a directory"));
  CHECK_THAT(refusal(root / "file/state"), Contains("cannot be made"));
  CHECK_THAT(refusal(""), Contains("state.path is empty"));
}

}  // namespace tocsin
