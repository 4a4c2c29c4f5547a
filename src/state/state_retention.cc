// SPDX-License-Identifier: Apache-2.0
// What is older than state.retention leaves the store, point by point: 7.8.3's DeleteRange has
// bugs.
#include "alert/alert_codec.h"
#include "state/keys.h"
#include "state/state.h"

namespace tocsin {
namespace {

constexpr std::uint64_t kLookEvery = 1'000;  // commits
constexpr std::size_t kErasedPerCommit = 2'000;
constexpr std::size_t kAlertsPerLook = 1'000;

}  // namespace

Result<void> State::drop_old() {
  if (watermark_ == StreamTime::kUnset) return {};
  if (commit_ % kLookEvery == 1) {
    if (auto found = find_old(); !found) return found;
  }
  std::size_t left = kErasedPerCommit;
  while (!old_windows_.empty()) {
    const std::string& row = old_windows_.back();
    for (const char kind : {key::kCell, key::kPage}) {
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

// Windows that ended, and alerts that were recorded, a retention ago.
Result<void> State::find_old() {
  const EventTime before = watermark_ - limits_.retention;
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
  return store_.scan(alerts, key::after(alerts), [&](auto key, auto value) {
    const auto alert = decode_alert(value);
    if (!alert || alert->at >= before) return false;
    batch_.erase(std::string(key));
    return ++looked < kAlertsPerLook;
  });
}

}  // namespace tocsin
