// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tocsin/store.h"

namespace tocsin {

// A Store in memory, for what need not outlive the process: tests of rules, and ours. It passes the
// same contract suite as the real one. A snapshot is a copy of the whole map; a scan copies the
// rows it may show, so that its callback may write to the store.
class MemoryStore final : public Store {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  // Whether a row is worth keeping: what nobody will read can be dropped as it is written.
  using Keeps = bool (*)(std::string_view key);

  MemoryStore() = default;
  explicit MemoryStore(Keeps keeps) : keeps_(keeps) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    return View::find(map_, key);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    return View(between(from, until)).scan(from, until, row);
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    return View(between(from, until)).scan_back(from, until, row);
  }

  Result<void> write(const WriteBatch& batch, Sync sync) override {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, value] : batch.changes()) {
      if (keeps_ != nullptr && !keeps_(key)) continue;
      if (value) {
        map_.insert_or_assign(key, *value);
      } else {
        map_.erase(key);
      }
    }
    ++writes_;
    if (sync == Sync::yes) synced_ = map_;
    return {};
  }

  std::unique_ptr<Snapshot> snapshot() const override { return std::make_unique<View>(map()); }

  // A copy of all rows.
  Map map() const {
    const std::lock_guard lock(mutex_);
    return map_;
  }
  // As power loss would leave it at worst: back to the last synced write.
  void lose_power() {
    const std::lock_guard lock(mutex_);
    map_ = synced_;
  }
  std::size_t writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

 private:
  class View final : public Snapshot {
   public:
    explicit View(Map map) : map_(std::move(map)) {}

    static std::optional<std::string> find(const Map& map, std::string_view key) {
      const auto row = map.find(key);
      if (row == map.end()) return std::nullopt;
      return row->second;
    }

    Result<std::optional<std::string>> get(std::string_view key) const override {
      return find(map_, key);
    }
    Result<void> scan(std::string_view from, std::string_view until,
                      const Row& row) const override {
      for (auto i = map_.lower_bound(from); i != map_.end() && i->first < until; ++i) {
        if (!row(i->first, i->second)) break;
      }
      return {};
    }
    Result<void> scan_back(std::string_view from, std::string_view until,
                           const Row& row) const override {
      for (auto i = map_.lower_bound(until); i != map_.begin();) {
        --i;
        if (i->first < from || !row(i->first, i->second)) break;
      }
      return {};
    }

   private:
    Map map_;
  };

  Map between(std::string_view from, std::string_view until) const {
    const std::lock_guard lock(mutex_);
    return from < until ? Map(map_.lower_bound(from), map_.lower_bound(until)) : Map();
  }

  Keeps keeps_ = nullptr;
  mutable std::mutex mutex_;
  Map map_, synced_;
  std::size_t writes_ = 0;
};

}  // namespace tocsin
