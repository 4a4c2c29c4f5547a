// SPDX-License-Identifier: Apache-2.0
#include "cli/wide_pages.h"

#include <catch2/catch.hpp>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

namespace tocsin {
namespace {

constexpr std::size_t kWide = std::size_t{2} << 20;

// Are huge pages asked for where `address` lies?
bool asked_for(const void* address) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, until = 0;
    const char* const end = line.data() + line.size();
    const auto low = std::from_chars(line.data(), end, from, 16);
    if (low.ec == std::errc{} && low.ptr != end && *low.ptr == '-') {
      std::from_chars(low.ptr + 1, end, until, 16);
      here = from <= at && at < until;
    } else if (here && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

TEST_CASE("Large pieces of memory begin where a huge page can, and hold what they must") {
  WidePages pages;
  for (const std::size_t size : {std::size_t{100}, kWide - 1, kWide, 3 * kWide + 4096}) {
    CAPTURE(size);
    std::pmr::vector<std::uint8_t> bytes(size, &pages);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    CHECK(bytes.back() == static_cast<std::uint8_t>(size - 1));
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    if (size >= kWide) CHECK(address % kWide == 0);
  }
}

TEST_CASE("An alignment wider than a huge page is kept") {
  WidePages pages;
  // By chance every second would lie so, and their sizes shift it.
  const std::size_t sizes[] = {kWide, 2 * kWide, kWide, 2 * kWide};
  std::vector<void*> pieces;
  for (const std::size_t size : sizes) pieces.push_back(pages.allocate(size, 2 * kWide));
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    CHECK(reinterpret_cast<std::uintptr_t>(pieces[i]) % (2 * kWide) == 0);
    pages.deallocate(pieces[i], sizes[i], 2 * kWide);
  }
}

TEST_CASE("Huge pages are asked for where a piece is large, if the system knows them") {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) return;
  WidePages pages;
  std::pmr::vector<std::uint8_t> large(3 * kWide, &pages), one(kWide, &pages);
  CHECK(asked_for(one.data()));
  CHECK(asked_for(large.data()));
  CHECK(asked_for(large.data() + 3 * kWide - 1));
}

TEST_CASE("Memory goes back to where it came from") {
  WidePages one, other;
  CHECK(one == one);
  CHECK_FALSE(one == other);
}

}  // namespace
}  // namespace tocsin
