// SPDX-License-Identifier: Apache-2.0
#include "cli/wide_pages.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <numeric>
#include <vector>

namespace tocsin {
namespace {

constexpr std::size_t kWide = std::size_t{2} << 20;

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
  void* const memory = pages.allocate(kWide, 2 * kWide);
  CHECK(reinterpret_cast<std::uintptr_t>(memory) % (2 * kWide) == 0);
  pages.deallocate(memory, kWide, 2 * kWide);
}

}  // namespace
}  // namespace tocsin
