// SPDX-License-Identifier: Apache-2.0
#include "contract/store_contract.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "rocks/rocks_store.h"
#include "state/memory_store.h"
#include "support/faulty_store.h"
#include "support/temporary_directory.h"

namespace tocsin {
namespace {

contract::MakeStore memory_stores() {
  return [store = std::shared_ptr<MemoryStore>()]() mutable -> Store& {
    store = std::make_shared<MemoryStore>();
    return *store;
  };
}

// One database for all, emptied each time: opening costs milliseconds, and a property opens a
// hundred.
contract::MakeStore rocks_stores(const TemporaryDirectory& directory) {
  auto opened = RocksStore::open(directory / "state", std::size_t{16} << 20);
  REQUIRE(opened);
  return [store = std::shared_ptr<RocksStore>(std::move(*opened))]() -> Store& {
    WriteBatch erase_all;
    const auto erase = [&](std::string_view key, std::string_view /*value*/) {
      erase_all.erase(std::string(key));
      return true;
    };
    REQUIRE(store->scan("", "\xff", erase));
    REQUIRE(store->write(erase_all, Sync::no));
    return *store;
  };
}

}  // namespace

TEST_CASE("MemoryStore writes as the contract says") { contract::check_writing(memory_stores()); }
TEST_CASE("MemoryStore scans as the contract says") { contract::check_scanning(memory_stores()); }
TEST_CASE("MemoryStore's snapshots are as the contract says") {
  contract::check_snapshots(memory_stores());
}
TEST_CASE("MemoryStore is a sorted map") { contract::check_against_map(memory_stores()); }

TEST_CASE("RocksStore writes as the contract says") {
  const TemporaryDirectory directory;
  contract::check_writing(rocks_stores(directory));
}
TEST_CASE("RocksStore scans as the contract says") {
  const TemporaryDirectory directory;
  contract::check_scanning(rocks_stores(directory));
}
TEST_CASE("RocksStore's snapshots are as the contract says") {
  const TemporaryDirectory directory;
  contract::check_snapshots(rocks_stores(directory));
}
TEST_CASE("RocksStore is a sorted map") {
  const TemporaryDirectory directory;
  contract::check_against_map(rocks_stores(directory));
}

TEST_CASE("FaultyStore fails the write it was told to, and every later one until repaired") {
  MemoryStore memory;
  FaultyStore store(memory);
  WriteBatch batch;
  batch.put("key", "value");
  store.fail_write(2);
  CHECK(store.write(batch, Sync::no));
  const auto failed = store.write(batch, Sync::no);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().reaction == Reaction::stop);
  CHECK_FALSE(store.write(batch, Sync::no));
  CHECK(memory.writes() == 1);
  store.repair();
  CHECK(store.write(batch, Sync::no));

  store.fail_write(1, FaultyStore::Fault::applied);
  CHECK_FALSE(store.write(batch, Sync::no));
  CHECK(memory.writes() == 3);
}

TEST_CASE("MemoryStore loses to a power cut what wasn't synced, and nothing else") {
  MemoryStore store;
  contract::put(store, {{"a", "1"}}, Sync::yes);
  contract::put(store, {{"b", "2"}}, Sync::no);
  store.lose_power();
  CHECK(store.map() == MemoryStore::Map{{"a", "1"}});
}

}  // namespace tocsin
