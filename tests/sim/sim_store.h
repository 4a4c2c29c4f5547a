// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "state/memory_store.h"
#include "tocsin/store.h"

namespace tocsin::sim {

// A Store that dies and loses power: it knows which of its writes are synced, and can take back the
// newest of the others. One thread.
class SimStore final : public Store {
 public:
  // Called after each write that is applied, with its number.
  std::function<void(std::uint64_t number, const WriteBatch&)> written;

  // The `nth` write from now fails, counted from 1, and all after it; it is applied all the same,
  // or not.
  void fail(std::size_t nth, bool applied) {
    fail_in_ = nth;
    applied_ = applied;
  }
  // A new process opens it.
  void reopen() {
    fail_in_.reset();
    dead_ = false;
  }
  bool dead() const { return dead_; }

  std::uint64_t writes() const { return writes_; }
  std::size_t unsynced() const { return unsynced_.size(); }
  // Power loss: only the first `kept` of the unsynced writes are found again.
  void lose_power(std::size_t kept) {
    while (unsynced_.size() > kept) {
      for (auto undo = unsynced_.back().rbegin(); undo != unsynced_.back().rend(); ++undo) {
        put(undo->first, undo->second);
      }
      unsynced_.pop_back();
      --writes_;
    }
    unsynced_.clear();  // what is found again is on the disk
  }
  // The value that would be left if all that can be lost was.
  std::optional<std::string> synced(const std::string& key) const {
    for (const auto& undos : unsynced_) {
      for (const auto& [of, before] : undos) {
        if (of == key) return before;
      }
    }
    const auto row = rows_.find(key);
    return row == rows_.end() ? std::nullopt : std::optional(row->second);
  }

  Result<void> write(const WriteBatch& batch, Sync sync) override {
    if (dead_) return broken();
    const bool fails = fail_in_ && --*fail_in_ == 0;
    if (fails) dead_ = true;
    if (fails && !applied_) return broken();
    auto& undos = unsynced_.emplace_back();
    for (const auto& [key, value] : batch.changes()) {
      const auto row = rows_.find(key);
      undos.emplace_back(key, row == rows_.end() ? std::nullopt : std::optional(row->second));
      put(key, value);
    }
    ++writes_;
    if (sync == Sync::yes) unsynced_.clear();
    if (written) written(writes_, batch);
    if (fails) return broken();
    return {};
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    const auto row = rows_.find(key);
    if (row == rows_.end()) return std::optional<std::string>{};
    return std::optional(row->second);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    std::vector<std::pair<std::string, std::string>> found;  // the callback may write
    for (auto at = rows_.lower_bound(from); at != rows_.end() && at->first < until; ++at) {
      found.emplace_back(*at);
    }
    for (const auto& [key, value] : found) {
      if (!row(key, value)) break;
    }
    return {};
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    for (auto at = rows_.lower_bound(until); at != rows_.begin();) {
      --at;
      if (at->first < from || !row(at->first, at->second)) break;
    }
    return {};
  }
  std::unique_ptr<Snapshot> snapshot() const override {
    auto copy = std::make_unique<SimStore>();
    copy->rows_ = rows_;
    return copy;
  }

 private:
  void put(const std::string& key, const std::optional<std::string>& value) {
    if (value) {
      rows_.insert_or_assign(key, *value);
    } else {
      rows_.erase(key);
    }
  }
  static tl::unexpected<Error> broken() {
    return stop("state directory \"sim\": a write failed; start again");
  }

  MemoryStore::Map rows_;
  std::deque<std::vector<std::pair<std::string, std::optional<std::string>>>> unsynced_;
  std::uint64_t writes_ = 0;
  std::optional<std::size_t> fail_in_;
  bool applied_ = false, dead_ = false;
};

}  // namespace tocsin::sim
