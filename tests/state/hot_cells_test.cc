// SPDX-License-Identifier: Apache-2.0
#include "state/hot_cells.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "state/cell_order.h"

using namespace tocsin;

namespace {

// Some lists of cells beside a map that says what they should hold.
struct CellsModel {
  static constexpr std::size_t kLists = 3;

  CellsModel() {
    for (auto& list : lists) cells.begin(list, nullptr);
  }

  std::uint32_t pick(std::size_t below) { return static_cast<std::uint32_t>(random() % below); }
  std::string group() {
    // Most are short, some as long as groups can be.
    const std::string id = std::to_string(pick(4'000));
    return pick(50) == 0 ? std::string(1'024, 'x') + id : id;
  }
  HotCells::Place find(std::size_t list, const std::string& group) const {
    return cells.find(lists[list], group, cells.hash(lists[list], group));
  }

  void add_or_change() {
    const std::size_t list = pick(kLists);
    const std::string name = group();
    HotCells::Place at = find(list, name);
    if (at == HotCells::kAbsent) {
      at = cells.add(lists[list], name, cells.hash(lists[list], name));
    }
    cells[at].cell.total += 1;
    ++model[list][name];
  }
  void erase() {
    const std::size_t list = pick(kLists);
    const std::string name = group();
    const HotCells::Place at = find(list, name);
    if (at == HotCells::kAbsent) return;
    cells.erase(at);
    model[list].erase(name);
  }
  // The oldest block goes, but for a part of its cells.
  void evict() {
    const std::uint32_t block = cells.oldest();
    if (block == 0) return;
    const auto list = static_cast<std::size_t>(&cells.list_of(block) - lists.data());
    cells.empty(block, [&](HotCells::Place at) {
      if (pick(3) == 0) return true;
      model[list].erase(std::string(cells.group(at)));
      return false;
    });
  }

  std::map<std::string, int> held(std::size_t list) const {
    std::map<std::string, int> all;
    HotCells::Cursor cursor;
    for (auto at = cells.next(lists[list], cursor); at != HotCells::kAbsent;
         at = cells.next(lists[list], cursor)) {
      all.emplace(cells.group(at), static_cast<int>(cells[at].cell.total));
    }
    return all;
  }
  void check() const {
    std::size_t size = 0;
    for (std::size_t list = 0; list < kLists; ++list) {
      REQUIRE(held(list) == model[list]);
      REQUIRE(lists[list].size == model[list].size());
      size += lists[list].size;
      for (const auto& [name, total] : model[list]) {
        const HotCells::Place at = find(list, name);
        REQUIRE(at != HotCells::kAbsent);
        REQUIRE(cells[at].cell.total == total);
      }
    }
    REQUIRE(cells.size() == size);
  }

  HotCells cells{5};
  std::array<HotList, kLists> lists;
  std::array<std::map<std::string, int>, kLists> model;
  std::mt19937 random{1};
};

}  // namespace

TEST_CASE("Hot cells are those that were added and neither erased nor evicted") {
  CellsModel model;
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 400; ++i) model.add_or_change();
    for (int i = 0; i < 200; ++i) model.erase();
    for (int i = 0; i < round % 4; ++i) model.evict();
    model.check();
  }
}

TEST_CASE("A group of one window is not that of another, though their hashes meet") {
  HotCells cells(9);
  HotList one, other;
  cells.begin(one, nullptr);
  cells.begin(other, nullptr);
  const HotCells::Place at = cells.add(one, "ann", 4711);
  CHECK(cells.find(one, "ann", 4711) == at);
  CHECK(cells.find(one, "bob", 4711) == HotCells::kAbsent);
  CHECK(cells.find(other, "ann", 4711) == HotCells::kAbsent);
}

TEST_CASE("Evicting all hot cells gives their memory back, but for the index") {
  CellsModel model;
  const std::size_t index = model.cells.bytes();
  for (int i = 0; i < 300; ++i) model.add_or_change();
  CHECK(model.cells.bytes() > index);
  while (model.cells.oldest() != 0) {
    model.cells.empty(model.cells.oldest(), [](HotCells::Place) { return false; });
  }
  CHECK(model.cells.size() == 0);
  CHECK(model.cells.bytes() == index);
}

TEST_CASE("A walk meets every cell that stays, though others come, move and go meanwhile") {
  CellsModel model;
  for (int i = 0; i < 3'000; ++i) model.add_or_change();
  const auto before = model.held(0);
  std::set<std::string> met;
  HotCells::Cursor cursor;
  for (int step = 0;; ++step) {
    const HotCells::Place at = model.cells.next(model.lists[0], cursor);
    if (at == HotCells::kAbsent) break;
    met.emplace(model.cells.group(at));
    if (step % 20 == 0) model.evict();
    if (step % 5 == 0) model.erase();
    if (step < 500) model.add_or_change();
  }
  const auto after = model.held(0);
  for (const auto& [name, total] : before) {
    INFO(name);
    if (after.contains(name)) CHECK(met.contains(name));
  }
  CHECK(met.size() > 100);
}

TEST_CASE("Cells come in the order of their groups, whichever run they were sorted in") {
  HotCells cells(9);
  HotList list;
  cells.begin(list, nullptr);
  std::set<std::string> groups;
  for (int i = 0; i < 20'000; ++i) {
    // Groups that are alike in their first bytes, that begin one another, and that hold a zero.
    std::string group = "project" + std::to_string(i * 7919 % 20'000);
    if (i % 3 == 0) group.push_back('\0');
    if (!groups.insert(group).second) continue;
    cells.add(list, group, cells.hash(list, group));
  }
  CellOrder order(cells, list);
  int steps = 1;
  while (!order.gather(5'000)) ++steps;
  CHECK(steps == 3);
  std::vector<std::string> ordered;
  for (auto at = order.next(); at != HotCells::kAbsent; at = order.next()) {
    ordered.emplace_back(cells.group(at));
  }
  CHECK(ordered == std::vector<std::string>(groups.begin(), groups.end()));
}
