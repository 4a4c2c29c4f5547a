// SPDX-License-Identifier: Apache-2.0
#include "rocks/buffer_marks.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "rocks/rocks_store.h"
#include "support/temporary_directory.h"

using namespace tocsin;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBuffer = 64 << 10;

Result<std::unique_ptr<RocksStore>> open(const std::string& path) {
  return RocksStore::open(path, 16 << 20, {.env = nullptr, .write_buffer_bytes = kBuffer});
}

void put(Store& store, int row) {
  WriteBatch batch;
  batch.put("row " + std::to_string(1000 + row), std::string(kBuffer / 8, 'x'));
  REQUIRE(store.write(batch, Sync::no));
}

std::vector<std::string> files_of(const std::string& folder, const std::string& suffix) {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(suffix)) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string manifest_of(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("MANIFEST-")) return name;
  }
  return {};
}

// A database whose rows are in tables, too few to be compacted, but for the last ones: these are in
// a log. Of its second life, for the first one's log became a table without a buffer.
void leave(const std::string& folder) {
  for (const int last : {4, 24}) {
    const auto store = open(folder);
    REQUIRE(store);
    for (int row = last == 4 ? 0 : 4; row < last; ++row) put(**store, row);
    while (files_of(folder, ".log").size() > 1) std::this_thread::yield();
  }
}

// "" if refused, or if what is there are the first rows that were written, all of them.
std::string fault(const std::string& path) {
  const auto store = open(path);
  if (!store) {
    return store.error().message.find("is damaged") == std::string::npos ? store.error().message
                                                                         : "";
  }
  std::vector<std::string> rows;
  REQUIRE((*store)->scan("row ", "row~", [&](std::string_view key, std::string_view) {
    rows.emplace_back(key);
    return true;
  }));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != "row " + std::to_string(1000 + i)) {
      return "row " + std::to_string(1000 + i) + " is missing before " + rows[i];
    }
  }
  return {};
}

}  // namespace

TEST_CASE("A state whose MANIFEST lost its end has its first rows, or is refused") {
  const TemporaryDirectory folder;
  leave(folder / "whole");
  const std::string manifest = manifest_of(folder / "whole");
  const auto size = fs::file_size(folder / "whole" + "/" + manifest);
  REQUIRE(size > 200);
  for (std::uintmax_t cut = 0; cut < 200; cut += 7) {
    const TemporaryDirectory copy;
    fs::copy(folder / "whole", copy / "state", fs::copy_options::recursive);
    fs::resize_file(copy / "state" + "/" + manifest, size - cut);
    INFO("cut by " << cut);
    CHECK(fault(copy / "state") == "");
  }
}

TEST_CASE("A state that lost a log has its first rows, or is refused") {
  const TemporaryDirectory folder;
  {
    const auto store = open(folder / "whole");
    REQUIRE(store);
    std::error_code vanished;  // a log whose rows came to a table meanwhile
    int row = 0;
    do {
      for (const int last = row + 20; row < last; ++row) put(**store, row);
      fs::remove_all(folder / "killed");
      fs::copy(folder / "whole", folder / "killed", fs::copy_options::recursive, vanished);
    } while (vanished || files_of(folder / "killed", ".log").size() < 2);
  }
  for (const std::string& log : files_of(folder / "killed", ".log")) {
    const TemporaryDirectory copy;
    fs::copy(folder / "killed", copy / "state", fs::copy_options::recursive);
    fs::remove(copy / "state" + "/" + log);
    INFO("without " << log);
    CHECK(fault(copy / "state") == "");
  }
}

TEST_CASE("A state that is whole is opened, however often") {
  const TemporaryDirectory folder;
  int rows = 0;
  for (int life = 0; life < 40; ++life) {
    const auto store = open(folder / "state");
    REQUIRE(store);
    for (int i = 0; i < life % 23; ++i) put(**store, rows++);
  }
  CHECK(fault(folder / "state") == "");
}
