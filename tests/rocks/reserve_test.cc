// SPDX-License-Identifier: Apache-2.0
#include "rocks/reserve.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temporary_directory.h"

namespace tocsin {

namespace {
constexpr std::size_t kMiB = std::size_t{1} << 20;
// Of no disk.
constexpr std::size_t kAll = std::size_t{1} << 60;
}  // namespace

TEST_CASE("Where there is plenty of room a quarter of the reserve is held as a file") {
  const TemporaryDirectory folder;
  rocks::Reserve reserve(folder.path(), 20 * kMiB);
  const DiskRoom room = reserve.look();
  CHECK(room.reserve == 20 * kMiB);
  REQUIRE(room.free > 2 * room.reserve);  // else this machine's own disk is full
  CHECK(std::filesystem::file_size(folder / "reserve") == 5 * kMiB);
}

TEST_CASE("Where the disk is all but full the file is given up, and none is made") {
  const TemporaryDirectory folder;
  std::ofstream(folder / "reserve") << "held";
  rocks::Reserve reserve(folder.path(), kAll);
  SECTION("on a look") {
    const DiskRoom room = reserve.look();
    CHECK(room.free < room.reserve);
  }
  SECTION("before the database is opened") { reserve.give_up_if_full(); }
  CHECK_FALSE(std::filesystem::exists(folder / "reserve"));
}

TEST_CASE("The least reserve is 16 MiB") {
  const TemporaryDirectory folder;
  CHECK(rocks::Reserve(folder.path(), 1).look().reserve == 16 * kMiB);
}

}  // namespace tocsin
