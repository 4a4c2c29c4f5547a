// SPDX-License-Identifier: Apache-2.0
#include "state/kept.h"

#include <catch2/catch.hpp>

#include "state/memory_store.h"

using namespace tocsin;

namespace {

Kept kept(const std::string& rules) {
  Kept kept;
  kept.config_path = "tocsin.yaml";
  kept.accepted = WallTime{Millis{1'795'259'253'934}};
  kept.secrets_left_out = true;
  kept.files.texts = {{"tocsin.yaml", "rules: [r*.yaml]"}, {"r.yaml", rules}};
  kept.files.expansions = {{"r*.yaml", {"r.yaml"}}};
  return kept;
}

void write(MemoryStore& store, const Kept& kept) {
  REQUIRE(store.write(kept_texts(kept), Sync::no));
  WriteBatch commit;
  put_kept(commit, kept);
  REQUIRE(store.write(commit, Sync::yes));
}

}  // namespace

TEST_CASE("A configuration comes back from the state as it was kept") {
  MemoryStore store;
  CHECK_FALSE(*read_kept(store));
  write(store, kept("a"));
  const auto back = read_kept(store);
  REQUIRE((back && *back));
  CHECK((*back)->config_path == "tocsin.yaml");
  CHECK((*back)->accepted == kept("a").accepted);
  CHECK((*back)->secrets_left_out);
  CHECK((*back)->files == kept("a").files);
}

TEST_CASE("Texts that were written ahead change nothing until the row names them") {
  MemoryStore store;
  write(store, kept("a"));
  REQUIRE(store.write(kept_texts(kept("b")), Sync::yes));
  CHECK((*read_kept(store))->files.texts.at("r.yaml") == "a");
  write(store, kept("b"));
  CHECK((*read_kept(store))->files.texts.at("r.yaml") == "b");
  const auto rows = unkept_texts(store);
  REQUIRE(rows);
  CHECK(rows->changes().size() == 1);
  REQUIRE(store.write(*rows, Sync::no));
  CHECK((*read_kept(store))->files == kept("b").files);
}

TEST_CASE("A kept configuration that cannot be read is damage, not none") {
  MemoryStore store;
  WriteBatch batch;
  batch.put("Mkept", "\x01nonsense");
  REQUIRE(store.write(batch, Sync::no));
  CHECK_FALSE(read_kept(store));
}
