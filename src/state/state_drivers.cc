// SPDX-License-Identifier: Apache-2.0
// What drives a rule's groups: kept beside the cells of its calendar windows, and stored now and
// then. A kill costs what came since, which then is known to be missing.
#include <algorithm>
#include <utility>

#include "state/keys.h"
#include "state/state.h"
#include "tocsin/group.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupsMax = 1'000;     // of a window
constexpr std::size_t kShareOfMemory = 32;    // of StateLimits::hot_bytes
constexpr std::size_t kGuessedBytes = 1'000;  // until they are stored
constexpr std::size_t kRowsPerWrite = 64;
constexpr Millis kWriteEvery{1'000};

}  // namespace

void State::apply_drivers(const Work& work) {
  if (work.drivers.empty()) return;
  constexpr auto kAll = static_cast<SketchElement>(kDriverFields);
  drivers_by_delta_.assign(work.deltas.size(), nullptr);
  for (const Delta& part : work.drivers) {
    const Delta& delta = work.deltas[part.rule];
    Drivers*& drivers = drivers_by_delta_[part.rule];
    if (part.element == kAll) {
      drivers = drivers_of(*rules_[delta.rule], delta);
      if (drivers != nullptr) drivers->add_all(part.amount, work.sampled);
    } else if (drivers != nullptr) {
      drivers->add(static_cast<DriverField>(part.element), part.group, part.amount);
    }
  }
}

// Null: nothing is kept of them. After the delta was applied.
Drivers* State::drivers_of(RuleState& rule, const Delta& delta) {
  if (!rule.drives || delta.group == kOverflowGroup) return nullptr;
  const auto window = rule.windows.find(rule.window_start(delta.at));
  if (window == rule.windows.end()) return nullptr;
  WindowTable& table = window->second;
  if (!table.drives) return nullptr;
  if (table.row.groups > kGroupsMax) {
    drop_drivers(rule, table);
    return nullptr;
  }
  const HotCells::Place cell =
      hot_->find(table.cells, delta.group, hot_->hash(table.cells, delta.group));
  if (cell == HotCells::kAbsent) return nullptr;  // it is one of (other)
  auto known = table.drivers.find(delta.group);
  if (known == table.drivers.end()) {
    if (driver_bytes_ > limits_.hot_bytes / kShareOfMemory) return nullptr;
    known = table.drivers.try_emplace(std::string(delta.group)).first;
    known->second.bytes = kGuessedBytes;
    driver_bytes_ += kGuessedBytes;
  }
  WindowTable::Driven& driven = known->second;
  const int128 total = std::as_const(*hot_)[cell].cell.total;
  // A cell with parts may have several deltas, which all are in its total by now.
  driven.drivers.follow(rule.has_dates() ? driven.drivers.total() : total - delta.amount, total);
  if (!std::exchange(driven.touched, true)) {
    touched_drivers_.push_back({table.state, to_ms(table.window.start), known->first});
  }
  return &driven.drivers;
}

void State::add_drivers(const WindowTable& table, std::string_view group) {
  const auto known = table.drivers.find(group);
  if (known == table.drivers.end()) return;
  Alert& alert = committed_.alerts.back().alert;
  alert.drivers = known->second.drivers.largest(alert.value);
}

Result<void> State::load_drivers(RuleState& rule, WindowTable& table) {
  if (!rule.drives) return {};
  table.drives = table.row.groups <= kGroupsMax;
  table.drivers_stored = true;  // perhaps
  if (!table.drives) return {};
  bool good = true;
  const std::string rows = key::window(key::kDrivers, rule.row.id, to_ms(table.window.start));
  auto scanned = store_.scan(rows, key::after(rows), [&](auto key, auto value) {
    WindowTable::Driven& driven = table.drivers[std::string(key.substr(key::kGroupAt))];
    good = Drivers::decode(value, driven.drivers);
    driven.bytes = driven.drivers.bytes();
    driver_bytes_ += driven.bytes;
    return good;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  if (!good) return stop("the state is damaged: what drives a cell");
  return {};
}

// Their rows go with the window's end.
void State::drop_drivers(RuleState& rule, WindowTable& table) {
  if (&table == &rule.windows.rbegin()->second) *rule.drives = false;
  forget_drivers(table);
}

void State::forget_drivers(WindowTable& table) {
  table.drives = false;
  for (const auto& [group, driven] : table.drivers) driver_bytes_ -= driven.bytes;
  table.drivers.clear();
}

// Of a window that is over; false: some are left. What cannot be found goes with the window's row.
bool State::erase_drivers(WindowTable& table, std::size_t& left) {
  forget_drivers(table);
  if (!table.drivers_stored) return true;
  const std::string rows = key::window(key::kDrivers, table.state, to_ms(table.window.start));
  [[maybe_unused]] const auto scanned = store_.scan(rows, key::after(rows), [&](auto key, auto) {
    if (left == 0) return false;
    batch_.erase(std::string(key));
    return --left > 0;
  });
  table.drivers_stored = left == 0;
  return left > 0;
}

// Now and then some of them, the longest waiting first.
void State::write_drivers(WallTime now) {
  if (touched_drivers_.empty() || now - drivers_written_ < kWriteEvery) return;
  drivers_written_ = now;
  const std::size_t some = std::min(touched_drivers_.size(), kRowsPerWrite);
  for (std::size_t i = 0; i < some; ++i) {
    const TouchedDrivers& one = touched_drivers_[i];
    const auto rule = by_id_.find(one.state);
    if (rule == by_id_.end()) continue;
    const auto window = rule->second->windows.find(one.start);
    if (window == rule->second->windows.end()) continue;
    const auto known = window->second.drivers.find(one.group);
    if (known == window->second.drivers.end()) continue;
    WindowTable::Driven& driven = known->second;
    driven.touched = false;
    window->second.drivers_stored = true;
    const std::size_t bytes = driven.drivers.bytes();
    driver_bytes_ += bytes - std::exchange(driven.bytes, bytes);
    batch_.put(key::cell(key::kDrivers, one.state, one.start, one.group), driven.drivers.encode());
  }
  touched_drivers_.erase(touched_drivers_.begin(),
                         touched_drivers_.begin() + static_cast<std::ptrdiff_t>(some));
}

}  // namespace tocsin
