// SPDX-License-Identifier: Apache-2.0
#include "state/driver_book.h"

#include <algorithm>
#include <utility>

#include "hash/fingerprint.h"
#include "state/keys.h"

namespace tocsin {
namespace {

constexpr std::size_t kNodeBytes = 24;  // of a group's place in its table, beside the group
constexpr std::size_t kRowsPerWrite = 64;
constexpr Millis kWriteEvery{1'000};

std::uint64_t hash_of(std::string_view group) { return hash64(group, 0); }

std::string rows_of(const DriverPlace& place) {
  return key::window(key::kDrivers, place.state, place.start);
}

std::string row_of(const DriverPlace& place, std::uint64_t group) {
  std::string key = rows_of(place);
  key::append_u64(key, group);
  return key;
}

}  // namespace

std::array<DriverPlace, 2> driver_slots(std::uint32_t state, const Panes& panes,
                                        std::int64_t pane) {
  const auto start = [&](std::int64_t slot) { return to_ms(panes.slot_window(slot).start); };
  const std::int64_t slot = panes.slot(pane);
  return {{{state, start(slot)}, {state, start(slot - 1)}}};
}

void DriverBook::begin(const DriverNotes& notes) {
  notes_ = &notes;
  values_.clear();
  for (std::size_t i = 0; i < notes.values(); ++i) {
    values_.push_back(held_.take(notes.text(static_cast<DriverNotes::Value>(i + 1))));
  }
}

void DriverBook::end() {
  for (const DriverValue value : values_) held_.drop(value);
}

void DriverBook::note(const DriverPlace& place, std::string_view group,
                      const DriverNotes::Note& note) {
  Table& in = table(place);
  if (in.stopped) return;
  const std::uint64_t hash = hash_of(group);
  auto known = in.groups.find(hash);
  if (known == in.groups.end()) {
    if (bytes() > bytes_max_) return;
    if (in.groups.size() == kGroupsMax) return stop(place);
    known = in.groups.try_emplace(hash).first;
    bytes_ += kNodeBytes + known->second.bytes();
  }
  Drivers& drivers = known->second;
  Drivers::Values values{};
  for (std::size_t i = 0; i < kDriverFields; ++i) {
    if (note.values[i] != 0) values[i] = values_[note.values[i] - 1];
  }
  const std::size_t before = drivers.bytes();
  drivers.add(values, note.amount, note.sampled, held_);
  bytes_ += drivers.bytes() - before;
  if (!std::exchange(drivers.waits, true)) waiting_.push_back({place, hash});
}

std::vector<Alert::Driver> DriverBook::largest(std::span<const DriverPlace> of,
                                               std::string_view group, int128 value) {
  std::vector<const Drivers*> parts;
  for (const DriverPlace& place : of) {
    const Table& in = table(place);
    const auto known = in.groups.find(hash_of(group));
    if (known != in.groups.end()) parts.push_back(&known->second);
  }
  return Drivers::largest(parts, held_, value);
}

std::string DriverBook::row(const DriverPlace& place, std::string_view group) {
  const Table& in = table(place);
  const auto known = in.groups.find(hash_of(group));
  return known == in.groups.end() ? "" : known->second.encode(held_);
}

DriverBook::Table& DriverBook::table(const DriverPlace& place) {
  const auto known = tables_.find(place);
  if (known != tables_.end()) return known->second;
  Table& table = tables_[place];
  load(place, table);
  return table;
}

// Of the process before. What cannot be read is not known.
void DriverBook::load(const DriverPlace& place, Table& table) {
  const std::string rows = rows_of(place);
  [[maybe_unused]] const auto scanned =
      store_.scan(rows, key::after(rows), [&](auto key, auto value) {
        Drivers drivers;
        const std::string_view group = key.substr(key::kGroupAt);
        if (group.size() != sizeof(std::uint64_t)) return true;
        if (!Drivers::decode(value, drivers, held_)) return true;
        bytes_ += kNodeBytes + drivers.bytes();
        table.groups.emplace(key::read_u64(group), std::move(drivers));
        return bytes() <= bytes_max_;
      });
}

void DriverBook::empty(Table& table) {
  for (const auto& [group, drivers] : table.groups) {
    bytes_ -= kNodeBytes + drivers.bytes();
    drivers.let_go(held_);
  }
  table.groups.clear();
}

void DriverBook::stop(const DriverPlace& place) {
  Table& of = table(place);
  if (std::exchange(of.stopped, true)) return;
  empty(of);
  const std::string rows = rows_of(place);
  over_.add(rows, key::after(rows));
}

void DriverBook::forget(Tables::iterator from, Tables::iterator until) {
  for (auto at = from; at != until; ++at) empty(at->second);
  tables_.erase(from, until);
}

void DriverBook::forget(const DriverPlace& place) {
  forget(tables_.lower_bound(place), tables_.upper_bound(place));
  const std::string rows = rows_of(place);
  over_.add(rows, key::after(rows));
}

void DriverBook::forget_before(const DriverPlace& place) {
  const auto [known, first] = forgotten_before_.try_emplace(place.state, place.start);
  if (!first && known->second >= place.start) return;
  known->second = place.start;
  forget(tables_.lower_bound({place.state, INT64_MIN}), tables_.lower_bound(place));
  over_.add(rows_of({place.state, INT64_MIN}), rows_of(place));
}

void DriverBook::forget_all(std::uint32_t state) {
  forgotten_before_.erase(state);
  forget(tables_.lower_bound({state, INT64_MIN}), tables_.upper_bound({state, INT64_MAX}));
  std::string rows(1, key::kDrivers);
  key::append_u32(rows, state);
  over_.add(rows, key::after(rows));
}

void DriverBook::write(WallTime now, WriteBatch& batch) {
  over_.erase_some(store_, batch);
  if (waiting_.empty() || now - written_ < kWriteEvery) return;
  written_ = now;
  write_some(batch);
}

void DriverBook::write_some(WriteBatch& batch) {
  const std::size_t some = std::min(waiting_.size(), kRowsPerWrite);
  for (std::size_t i = 0; i < some; ++i) {
    const Waiting one = waiting_.front();
    waiting_.pop_front();
    const auto in = tables_.find(one.place);
    if (in == tables_.end()) continue;
    const auto known = in->second.groups.find(one.group);
    if (known == in->second.groups.end()) continue;
    known->second.waits = false;
    batch.put(row_of(one.place, one.group), known->second.encode(held_));
  }
}

std::vector<Alert::Driver> stored_drivers(const Snapshot& store, std::span<const DriverPlace> of,
                                          std::string_view group, int128 value) {
  DriverValues held;
  std::vector<Drivers> parts;
  for (const DriverPlace& place : of) {
    const auto row = store.get(row_of(place, hash_of(group)));
    Drivers drivers;
    if (!row || !*row || !Drivers::decode(**row, drivers, held)) continue;
    parts.push_back(std::move(drivers));
  }
  std::vector<const Drivers*> all;
  for (const Drivers& part : parts) all.push_back(&part);
  return Drivers::largest(all, held, value);
}

}  // namespace tocsin
