// SPDX-License-Identifier: Apache-2.0
// What is older than state.retention leaves the store, point by point: 7.8.3's DeleteRange has
// bugs.
#include <limits>

#include "alert/alert_codec.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kLookEvery = 1'000;  // commits
constexpr std::size_t kErasedPerCommit = 2'000;
constexpr std::size_t kRowsPerLook = 1'000;

}  // namespace

Result<void> State::drop_old(const CommitInput& input) {
  if (watermark_ == StreamTime::kUnset) return {};
  if (commit_ % kLookEvery == 1) {
    if (auto found = find_old(input); !found) return found;
  }
  std::size_t left = kErasedPerCommit;
  while (!old_windows_.empty()) {
    const std::string& row = old_windows_.back();
    for (const char kind :
         {key::kCell, key::kPage, key::kHeight, key::kParts, key::kDrivers, key::kGrowth}) {
      const std::string prefix = std::string(1, kind) + row.substr(1);
      auto scanned = store_.scan(prefix, key::after(prefix), [&](auto key, auto) {
        batch_.erase(std::string(key));
        return --left > 0;
      });
      if (!scanned) return scanned;
      if (left == 0) return {};
    }
    batch_.erase(row);
    old_windows_.pop_back();
  }
  return {};
}

// A calendar may be a day behind the watermark's.
std::int32_t State::first_unpriced_day() const {
  if (watermark_ == StreamTime::kUnset) return std::numeric_limits<std::int32_t>::min();
  const std::int64_t day = floor_div(to_ms(watermark_), 86'400'000);
  return static_cast<std::int32_t>(day) - UnpricedRows::kDaysKept;
}

// Windows that ended, alerts that were recorded, time that was logged and messages that were
// composed a retention ago.
Result<void> State::find_old(const CommitInput& input) {
  const EventTime before = watermark_ - limits_.retention;
  unpriced_.forget(first_unpriced_day(), batch_);
  const std::string windows(1, key::kWindow);
  old_windows_.clear();
  auto scanned = store_.scan(windows, key::after(windows), [&](auto key, auto value) {
    WindowRow row;
    if (decode_window(value, row) && row.end < before) old_windows_.emplace_back(key);
    return old_windows_.size() < kErasedPerCommit;
  });
  if (!scanned) return scanned;
  const std::string alerts(1, key::kAlert);
  std::size_t looked = 0;
  // They are numbered as they were recorded: one that an event stamped 2099 caused keeps no other.
  scanned = store_.scan(alerts, key::after(alerts), [&](auto key, auto value) {
    const auto alert = decode_alert(value);
    if (!alert) return false;
    if (alert->at < before) batch_.erase(std::string(key));
    return ++looked < kRowsPerLook;
  });
  if (!scanned) return scanned;
  if (auto found = find_old_ticks(before); !found) return found;
  return find_old_marks(input.now);
}

// The rows are numbered by commits, and of these only ticks of the clock say when they were. Of the
// versions of the rules the last of that time stays: it judged what came after.
Result<void> State::find_old_ticks(EventTime before) {
  std::vector<std::string> ticks;
  std::size_t old = 0;  // of them
  const std::string from(1, key::kTick);
  auto scanned = store_.scan(from, key::after(from), [&](auto key, auto value) {
    Tick tick;
    if (!decode_tick(value, tick)) return false;
    ticks.emplace_back(key);
    if (tick.clock >= before) return false;
    if (tick.clock != StreamTime::kUnset) old = ticks.size();
    return ticks.size() < kRowsPerLook;
  });
  if (!scanned || old == 0) return scanned;
  std::vector<std::string> versions;
  scanned = store_.scan(std::string(1, key::kVersion), key::kVersion + ticks[old - 1].substr(1),
                        [&](auto key, auto) {
                          versions.emplace_back(key);
                          return versions.size() < kRowsPerLook;
                        });
  if (!scanned) return scanned;
  // What was priced again before the first version that stays was counted by those that go. While
  // one stays of them, its list may come back, and what it says holds no more.
  if (!versions.empty()) {
    scanned = store_.scan(std::string(1, key::kRepricing),
                          key::kRepricing + versions.back().substr(1), [&](auto key, auto) {
                            batch_.erase(std::string(key));
                            return true;
                          });
    if (!scanned) return scanned;
  }
  for (std::size_t i = 0; i + 1 < versions.size(); ++i) batch_.erase(std::move(versions[i]));
  for (std::size_t i = 0; i < old; ++i) batch_.erase(std::move(ticks[i]));
  return {};
}

// Their keys begin with the time by the clock. The notifier changes none that is so old.
Result<void> State::find_old_marks(WallTime now) {
  const std::string from(1, key::kDelivery);
  const auto before = (now - limits_.retention).time_since_epoch().count();
  if (before <= 0) return {};
  std::size_t looked = 0;
  return store_.scan(from, key::numbered(key::kDelivery, static_cast<std::uint64_t>(before)),
                     [&](auto key, auto) {
                       batch_.erase(std::string(key));
                       return ++looked < kRowsPerLook;
                     });
}

}  // namespace tocsin
