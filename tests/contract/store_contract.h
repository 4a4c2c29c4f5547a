// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tocsin/store.h"

// What include/tocsin/store.h promises, as one suite for every Store.
namespace tocsin::contract {

// Makes an empty store that lives until the next call.
using MakeStore = std::function<Store&()>;
using Rows = std::vector<std::pair<std::string, std::string>>;

inline std::optional<std::string> read(const Snapshot& view, const std::string& key) {
  auto value = view.get(key);
  REQUIRE(value);
  return *value;
}

inline Rows rows(const Snapshot& view, const std::string& from, const std::string& until) {
  Rows found;
  REQUIRE(view.scan(from, until, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  }));
  return found;
}

inline Rows rows_back(const Snapshot& view, const std::string& from, const std::string& until) {
  Rows found;
  REQUIRE(view.scan_back(from, until, [&](std::string_view key, std::string_view value) {
    found.emplace_back(key, value);
    return true;
  }));
  return found;
}

inline void put(Store& store, const Rows& changes, Sync sync = Sync::no) {
  WriteBatch batch;
  for (const auto& [key, value] : changes) batch.put(key, value);
  REQUIRE(store.write(batch, sync));
}

inline void check_writing(const MakeStore& make) {
  Store& store = make();
  SECTION("A key that was never written is absent, which is no error") {
    CHECK(read(store, "nobody") == std::nullopt);
  }
  SECTION("What is written is read back, synced or not") {
    put(store, {{"a", "1"}}, Sync::yes);
    put(store, {{"b", "2"}}, Sync::no);
    CHECK(read(store, "a") == "1");
    CHECK(read(store, "b") == "2");
  }
  SECTION("Changes of one batch apply in order, so the last one of a key counts") {
    WriteBatch batch;
    batch.put("twice", "first");
    batch.put("twice", "second");
    batch.put("gone", "here");
    batch.erase("gone");
    batch.erase("back");
    batch.put("back", "here");
    REQUIRE(store.write(batch, Sync::no));
    CHECK(read(store, "twice") == "second");
    CHECK(read(store, "gone") == std::nullopt);
    CHECK(read(store, "back") == "here");
  }
  SECTION("An empty batch changes nothing, and erasing what isn't there is no error") {
    REQUIRE(store.write(WriteBatch{}, Sync::yes));
    WriteBatch batch;
    batch.erase("nobody");
    REQUIRE(store.write(batch, Sync::no));
    CHECK(rows(store, "", "\xff").empty());
  }
  SECTION("Keys and values are bytes: empty, NUL, 0xff and a megabyte are like any other") {
    const std::string odd("a\0\xff\n", 4);
    put(store, {{odd, std::string("\0", 1)}, {"", "empty key"}, {"empty value", ""}});
    put(store, {{"large", std::string(1 << 20, 'x')}});
    CHECK(read(store, odd) == std::string("\0", 1));
    CHECK(read(store, "") == "empty key");
    CHECK(read(store, "empty value") == "");
    CHECK(read(store, "large")->size() == 1 << 20);
  }
}

inline void check_scanning(const MakeStore& make) {
  Store& store = make();
  const std::string high = "\x80";
  put(store, {{"b", "2"}, {"a", "1"}, {high, "5"}, {"c", "3"}, {"ca", "4"}});
  SECTION("A scan has the first key of its range and not the last, in ascending byte order") {
    CHECK(rows(store, "a", "c") == Rows{{"a", "1"}, {"b", "2"}});
    CHECK(rows(store, "c", "\xff") == Rows{{"c", "3"}, {"ca", "4"}, {high, "5"}});
  }
  SECTION("A scan back has the same rows in descending order") {
    CHECK(rows_back(store, "a", "c") == Rows{{"b", "2"}, {"a", "1"}});
    CHECK(rows_back(store, "bb", "\xff") == Rows{{high, "5"}, {"ca", "4"}, {"c", "3"}});
  }
  SECTION("An empty or backward range has no row") {
    CHECK(rows(store, "b", "b").empty());
    CHECK(rows(store, "c", "a").empty());
    CHECK(rows_back(store, "b", "b").empty());
    CHECK(rows_back(store, "c", "a").empty());
    CHECK(rows(store, "a", "").empty());
  }
  SECTION("A scan ends when the row's callback answers false") {
    std::vector<std::string> seen;
    const auto until_b = [&](std::string_view key, std::string_view /*value*/) {
      seen.emplace_back(key);
      return key != "b";
    };
    REQUIRE(store.scan("a", "\xff", until_b));
    CHECK(seen == std::vector<std::string>{"a", "b"});
    seen.clear();
    REQUIRE(store.scan_back("a", "d", until_b));
    CHECK(seen == std::vector<std::string>{"ca", "c", "b"});
  }
  SECTION("Rows written while a scan runs don't appear in it") {
    Rows found;
    REQUIRE(store.scan("a", "d", [&](std::string_view key, std::string_view value) {
      found.emplace_back(key, value);
      put(store, {{std::string(key) + "+", "new"}});
      return true;
    }));
    CHECK(found == Rows{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"ca", "4"}});
  }
}

inline void check_snapshots(const MakeStore& make) {
  Store& store = make();
  put(store, {{"kept", "old"}, {"erased", "old"}});
  const auto snapshot = store.snapshot();
  WriteBatch batch;
  batch.put("kept", "new");
  batch.put("added", "new");
  batch.erase("erased");
  REQUIRE(store.write(batch, Sync::no));
  SECTION("A snapshot stays as it was, whatever is written after it") {
    CHECK(read(*snapshot, "kept") == "old");
    CHECK(read(*snapshot, "added") == std::nullopt);
    CHECK(rows(*snapshot, "", "\xff") == Rows{{"erased", "old"}, {"kept", "old"}});
    CHECK(rows_back(*snapshot, "", "\xff") == Rows{{"kept", "old"}, {"erased", "old"}});
  }
  SECTION("The store itself reads its newest state") {
    CHECK(read(store, "kept") == "new");
    CHECK(rows(store, "", "\xff") == Rows{{"added", "new"}, {"kept", "new"}});
  }
}

// Any sequence of batches and scans agrees with a plain map.
inline void check_against_map(const MakeStore& make) {
  const auto key =
      rc::gen::suchThat(rc::gen::container<std::string>(rc::gen::element('a', 'b', '\0', '\xff')),
                        [](const std::string& text) { return !text.starts_with('\xff'); });
  const auto change = rc::gen::pair(key, rc::gen::maybe(rc::gen::string<std::string>()));
  using Changes = std::vector<std::pair<std::string, rc::Maybe<std::string>>>;
  const bool holds = rc::check("a store is a sorted map", [&] {
    Store& store = make();
    std::map<std::string, std::string> model;
    const auto batches =
        *rc::gen::container<std::vector<Changes>>(rc::gen::container<Changes>(change));
    for (const Changes& changes : batches) {
      WriteBatch batch;
      for (const auto& [name, value] : changes) {
        if (value) {
          batch.put(name, *value);
          model[name] = *value;
        } else {
          batch.erase(name);
          model.erase(name);
        }
      }
      RC_ASSERT(store.write(batch, Sync::no).has_value());
    }
    const std::string from = *key, until = *key;
    Rows expected;
    if (from < until) expected.assign(model.lower_bound(from), model.lower_bound(until));
    RC_ASSERT(rows(store, from, until) == expected);
    std::reverse(expected.begin(), expected.end());
    RC_ASSERT(rows_back(store, from, until) == expected);
  });
  CHECK(holds);
}

}  // namespace tocsin::contract
