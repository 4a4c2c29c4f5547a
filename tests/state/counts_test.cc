// SPDX-License-Identifier: Apache-2.0
#include "state/counts.h"

#include <catch2/catch.hpp>
#include <string>

using namespace tocsin;

namespace {

// Every number another one.
Counts full() {
  Counts counts;
  std::uint64_t next = 1'000;
  for (auto& n : counts.n) n = ++next;
  for (auto& n : counts.quarantined) n = ++next;
  counts.cost = Money::pico(int128{1} << 90);
  counts.late_cost = Money::pico(17);
  counts.saved = Money::pico((int128{1} << 80) + 3);
  counts.unpriced_models["x/y"] = {1, 2, 3};
  return counts;
}

void same(const Counts& left, const Counts& right) {
  CHECK(left.n == right.n);
  CHECK(left.quarantined == right.quarantined);
  CHECK(left.cost == right.cost);
  CHECK(left.late_cost == right.late_cost);
  CHECK(left.saved == right.saved);
  REQUIRE(left.unpriced_models.size() == right.unpriced_models.size());
  for (const auto& [model, seen] : left.unpriced_models) {
    const auto other = right.unpriced_models.find(model);
    REQUIRE(other != right.unpriced_models.end());
    CHECK(seen.requests == other->second.requests);
    CHECK(seen.input_tokens == other->second.input_tokens);
    CHECK(seen.output_tokens == other->second.output_tokens);
  }
}

}  // namespace

TEST_CASE("Counts come back from their row as they were") {
  Counts read;
  REQUIRE(read.decode(full().encode()));
  same(read, full());
}

TEST_CASE("Counts of a format that ends before what was saved are read") {
  Counts without = full();
  without.saved = {};
  std::string bytes = without.encode();
  REQUIRE(bytes.back() == 0);
  bytes.pop_back();
  Counts read;
  REQUIRE(read.decode(bytes));
  same(read, without);
}

TEST_CASE("Counts add up, each with its own") {
  Counts sum = full();
  sum.add(full());
  const Counts once = full();
  for (std::size_t i = 0; i < kCounts; ++i) CHECK(sum.n[i] == 2 * once.n[i]);
  CHECK(sum.cost.pico() == 2 * once.cost.pico());
  CHECK(sum.late_cost.pico() == 34);
  CHECK(sum.saved.pico() == 2 * once.saved.pico());
  CHECK(sum.unpriced_models.at("x/y").output_tokens == 6);
}
