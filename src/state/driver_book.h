// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "alert/driver_notes.h"
#include "alert/drivers.h"
#include "state/row_eraser.h"
#include "tocsin/alert.h"
#include "tocsin/store.h"
#include "tocsin/time.h"
#include "window/panes.h"

namespace tocsin {

// A calendar window of a state, or a slot of its rolling ones.
struct DriverPlace {
  std::uint32_t state = 0;  // StateRow::id
  std::int64_t start = 0;   // ms
  auto operator<=>(const DriverPlace&) const = default;
};

// The slot of a rolling rule that holds the pane, and the one before: of a window that ends with
// the pane some lies in that.
std::array<DriverPlace, 2> driver_slots(std::uint32_t state, const Panes& panes, std::int64_t pane);

// What drives the groups of all rules. It is stored now and then: a kill costs what came since,
// which then is known to be missing. Groups go by a hash of their keys. One thread.
class DriverBook {
 public:
  static constexpr std::size_t kGroupsMax = 10'000;  // of a window

  // Keeps no further groups once it takes `bytes_max`.
  DriverBook(const Store& store, std::size_t bytes_max) : store_(store), bytes_max_(bytes_max) {}

  // Notes of a batch, between begin() and end().
  void begin(const DriverNotes& notes);
  void note(const DriverPlace& place, std::string_view group, const DriverNotes::Note& note);
  void end();

  // As Drivers::largest, of all places together.
  std::vector<Alert::Driver> largest(std::span<const DriverPlace> of, std::string_view group,
                                     int128 value);
  // As Drivers::encode; empty: nothing is known of it.
  std::string row(const DriverPlace& place, std::string_view group);
  // It has too many groups: nothing of it is kept any more.
  void stop(const DriverPlace& place);
  // It is over, and so are its rows.
  void forget(const DriverPlace& place);
  // The same, of all places of its state that began before it.
  void forget_before(const DriverPlace& place);
  // The same, of all places of the state.
  void forget_all(std::uint32_t state);

  // Rows for the commit under way: some of what changed, now and then, the longest waiting first.
  void write(WallTime now, WriteBatch& batch);
  std::size_t bytes() const { return bytes_ + held_.bytes(); }  // of memory, about

 private:
  struct Table {
    std::unordered_map<std::uint64_t, Drivers> groups;
    bool stopped = false;
  };
  using Tables = std::map<DriverPlace, Table>;
  struct Waiting {
    DriverPlace place;
    std::uint64_t group = 0;
  };
  Table& table(const DriverPlace& place);
  void load(const DriverPlace& place, Table& table);
  void empty(Table& table);
  void forget(Tables::iterator from, Tables::iterator until);
  void write_some(WriteBatch& batch);

  const Store& store_;
  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  DriverValues held_;
  Tables tables_;
  std::deque<Waiting> waiting_;
  WallTime written_{};
  RowEraser over_;
  std::map<std::uint32_t, std::int64_t> forgotten_before_;  // by state
  // Of the batch under way, by its own number, less one.
  const DriverNotes* notes_ = nullptr;
  std::vector<DriverValue> values_;
};

// What is stored of it, which is of some time ago.
std::vector<Alert::Driver> stored_drivers(const Snapshot& store, std::span<const DriverPlace> of,
                                          std::string_view group, int128 value);

}  // namespace tocsin
