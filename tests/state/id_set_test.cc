// SPDX-License-Identifier: Apache-2.0
#include "state/id_set.h"

#include <catch2/catch.hpp>
#include <memory>

#include "state/id_pages.h"
#include "state/memory_store.h"

using namespace tocsin;

namespace {

ClaimedId id(std::uint64_t n, std::int64_t second, std::uint32_t partition = 0) {
  return {.print = fingerprint128(std::to_string(n), 1), .partition = partition, .second = second};
}

bool claim(IdSet& ids, ClaimedId id) { return ids.claim(id); }

// A store that cannot be read.
struct NoStore final : Snapshot {
  Result<std::optional<std::string>> get(std::string_view) const override { return stop("EIO"); }
  Result<void> scan(std::string_view, std::string_view, const Row&) const override {
    return stop("EIO");
  }
  Result<void> scan_back(std::string_view, std::string_view, const Row&) const override {
    return stop("EIO");
  }
};

}  // namespace

TEST_CASE("An id counts once until its partition has moved an hour on") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  CHECK(claim(ids, id(1, 100'000)));
  CHECK_FALSE(claim(ids, id(1, 100'000)));
  CHECK_FALSE(claim(ids, id(1, 100'000, 1)));
  ids.move(0, 103'600);
  CHECK_FALSE(claim(ids, id(1, 103'600)));
  ids.move(0, 103'601);
  CHECK(claim(ids, id(1, 103'601)));
}

TEST_CASE("An id stamped 2099 is not kept till then") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 1'700'000'000);
  CHECK(claim(ids, id(1, 4'000'000'000)));
  CHECK(claim(ids, id(1, 1'700'000'000)));
}

TEST_CASE("Of two partitions it does not matter which is read further ahead of the other") {
  const MemoryStore store;
  IdSet ids(store, {});
  const std::uint32_t first = GENERATE(0U, 1U);
  const auto claims = [&](std::uint32_t partition) {
    std::vector<bool> counts;
    const std::int64_t behind = partition == 0 ? 0 : 3'600;
    const std::int64_t longer = partition == 0 ? 0 : 3'601;
    for (std::int64_t hour = 30; hour < 60; ++hour) {
      const auto n = static_cast<std::uint64_t>(hour);
      ids.move(partition, hour * 3'600 + behind);
      counts.push_back(claim(ids, id(n, hour * 3'600 + behind, partition)));
      ids.move(partition, hour * 3'600 + longer);
      counts.push_back(claim(ids, id(n + 100, hour * 3'600 + longer, partition)));
    }
    return counts;
  };
  ids.move_least(0);
  CHECK(claims(first) == std::vector<bool>(60, true));
  const auto copies = claims(1 - first);
  for (std::size_t i = 0; i < copies.size(); ++i) CHECK(copies[i] == (i % 2 == 1));
}

TEST_CASE("An id that counted twice keeps what comes late from counting again") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move_least(100'000);
  for (const std::int64_t second : {100'000, 103'700}) {
    ids.move(0, second);
    CHECK(claim(ids, id(1, second)));
  }
  const bool frozen = GENERATE(false, true);
  if (frozen) ids.freeze();
  // The other partition, read an hour behind.
  CHECK_FALSE(claim(ids, id(1, 100'010, 1)));
  CHECK_FALSE(claim(ids, id(1, 103'690, 1)));
  CHECK(claim(ids, id(1, 96'000, 1)));
}

TEST_CASE("An id is kept while the copy of another partition may still come") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move_stored(0, 200'000);
  ids.move_least(103'600);
  CHECK_FALSE(ids.expired_for_good(0, 100'000));
  ids.move_least(103'601);
  CHECK(ids.expired_for_good(0, 100'000));
  ids.move_least(INT64_MAX);  // all are idle
  CHECK_FALSE(ids.expired_for_good(0, 196'400));
}

TEST_CASE("A copy is at another cost only if that of both is known, and the first's stays") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  const auto other = [&](std::uint64_t n, std::uint16_t cost) {
    ClaimedId copy = id(n, 100'000, 1);
    copy.cost = cost;
    REQUIRE_FALSE(ids.claim(copy));
    return copy.other_cost;
  };
  for (const std::uint16_t cost : {std::uint16_t{0}, std::uint16_t{8}}) {
    ClaimedId first = id(cost, 100'000);
    first.cost = cost;
    REQUIRE(ids.claim(first));
    CHECK_FALSE(first.other_cost);
  }
  for (int frozen = 0; frozen < 2; ++frozen) {
    CHECK_FALSE(other(0, 8));
    CHECK_FALSE(other(8, 0));
    CHECK_FALSE(other(8, 8));
    CHECK(other(8, 9));
    CHECK(other(8, 9));
    CHECK_FALSE(other(8, 8));
    ids.freeze();
  }
}

TEST_CASE("An id of a partition beyond 65,535 expires by that partition's clock") {
  const MemoryStore store;
  IdSet ids(store, {});
  constexpr std::uint32_t kFar = 70'000;
  ids.move(kFar, 100'000);
  ids.move(0, 200'000);
  CHECK(claim(ids, id(1, 100'000, kFar)));
  CHECK_FALSE(claim(ids, id(1, 100'000, kFar)));
  ids.move(kFar, 103'601);
  CHECK(claim(ids, id(1, 103'601, kFar)));
}

TEST_CASE("A page of a format without costs is read, and its ids have none") {
  const IdSet::Slot held{fingerprint128("a", 1), 3, 0x1234, 100'001};
  MemoryStore store;
  const auto cost_in = [&](const std::string& page) {
    WriteBatch batch;
    batch.put(id_page_key({1, 2}, 0), page);
    REQUIRE(store.write(batch, Sync::no));
    const auto found =
        find_id(store, {1, 2}, held.print, [](std::uint32_t partition, std::int64_t second) {
          return partition == 3 && second == 100'000;
        });
    REQUIRE(found);
    REQUIRE(*found);
    return **found;
  };
  std::string page = encode_id_page({&held, 1});
  CHECK(cost_in(page) == 0x1234);
  page[0] = 1;
  page.erase(2 + 16, 2);  // version, count, the print
  CHECK(cost_in(page) == 0);
}

TEST_CASE("What was frozen is a duplicate still, until it expires") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  for (std::uint64_t n = 0; n < 5'000; ++n) REQUIRE(claim(ids, id(n, 100'000)));
  CHECK(ids.freeze() == 5'000);
  for (std::uint64_t n = 0; n < 5'000; ++n) REQUIRE_FALSE(claim(ids, id(n, 100'000)));
  ids.move(0, 103'601);
  CHECK(claim(ids, id(7, 103'601)));
  CHECK_FALSE(claim(ids, id(7, 103'601)));
}

TEST_CASE("A claim says how many freezes came before it") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  ClaimedId before = id(1, 100'000), after = id(2, 100'000);
  REQUIRE(ids.claim(before));
  CHECK(ids.freeze() == 1);
  REQUIRE(ids.claim(after));
  CHECK(before.freezes == 0);
  CHECK(after.freezes == 1);
  ids.drop_frozen();
  CHECK(ids.freeze() == 1);
}

TEST_CASE("What a restart needs is not forgotten because a partition is ahead of its commit") {
  const MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  ids.move_stored(0, 100'000);
  REQUIRE(claim(ids, id(0, 100'000)));
  ids.move(0, 200'000);  // a leap that is not committed yet
  for (std::uint64_t n = 1; n < 50'000; ++n) REQUIRE(claim(ids, id(n, 200'000)));
  CHECK(ids.freeze() == 50'000);
  std::size_t held = 0;
  for (std::size_t shard = 0; shard < IdSet::kShards; ++shard) {
    for (const auto& slot : ids.frozen(shard)) held += slot.second_and_one == 100'001;
  }
  CHECK(held == 1);
}

TEST_CASE(
    "An id that only the store can tell of is no duplicate if a filter errs, and one if not") {
  MemoryStore store;
  IdSet ids(store, {});
  ids.move(0, 100'000);
  IdGeneration generation(7, 1'000, 64);
  const auto remember = [&](const ClaimedId& of) {
    const IdSet::Slot slot{of.print, static_cast<std::uint16_t>(of.partition), of.cost,
                           static_cast<std::uint32_t>(of.second + 1)};
    ids.remember(generation, part_of(of.print.high, IdSet::kShards), std::span(&slot, 1));
    return slot;
  };
  ids.add(generation);
  const IdSet::Slot held = remember(id(1, 99'000));
  remember(id(2, 99'000));  // in the filter alone
  WriteBatch batch;
  batch.put(id_page_key({7, generation.bucket_of(held.print)}, 0), encode_id_page({&held, 1}));
  REQUIRE(store.write(batch, Sync::no));

  CHECK_FALSE(claim(ids, id(1, 100'000)));
  CHECK(claim(ids, id(2, 100'000)));
  CHECK_FALSE(claim(ids, id(2, 100'000)));
  CHECK(ids.page_reads() == 2);
  ids.move(0, 102'601);
  CHECK(claim(ids, id(1, 102'601)));
  ids.remove(generation);
}

TEST_CASE("An id that cannot be looked up is a failure, not a new id") {
  const NoStore store;
  IdSet ids(store, {});
  IdGeneration generation(1, 1'000, 64);
  const ClaimedId of = id(1, 100'000);
  const IdSet::Slot slot{of.print, 0, 0, 100'001};
  ids.add(generation);
  ids.remember(generation, part_of(of.print.high, IdSet::kShards), std::span(&slot, 1));
  CHECK(claim(ids, id(2, 100'000)));
  CHECK_FALSE(ids.failure());
  CHECK_FALSE(claim(ids, of));
  REQUIRE(ids.failure());
  CHECK(ids.failure()->reaction == Reaction::stop);
  ids.remove(generation);
}

TEST_CASE("A full filter knows all it was told of, and errs about one print in a thousand") {
  constexpr std::uint64_t kIds = 1 << 17;
  IdFilter filter(kIds);
  for (std::uint64_t n = 0; n < kIds; ++n) filter.add(id(n, 0).print);
  std::size_t missing = 0, wrong = 0;
  for (std::uint64_t n = 0; n < kIds; ++n) {
    const Fingerprint held = id(n, 0).print, other = id(n + kIds, 0).print;
    if (!filter.may_hold(held, IdFilter::Mask(held))) ++missing;
    if (filter.may_hold(other, IdFilter::Mask(other))) ++wrong;
  }
  CHECK(missing == 0);
  CHECK(wrong < kIds / 500);
  CHECK(filter.bytes() <= kIds * IdFilter::kBytesPerId + 64 * 64);
}
