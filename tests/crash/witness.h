// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/passing_store.h"
#include "tocsin/store.h"

namespace tocsin::crash {

// What was written to a store over all its lives, and how much of it must survive a power cut.
class History {
 public:
  void wrote(const WriteBatch& batch, bool synced) {
    unsynced_.push_back(batch);
    if (synced) settle(unsynced_.size());
  }

  // Is what the store holds now the state after one of its writes, the last synced one or a later?
  // Then it goes on from there.
  Result<bool> holds(const Snapshot& store) {
    Rows now;
    auto read = store.scan("", "\xff", [&](auto key, auto value) {
      now.emplace_hint(now.end(), key, value);
      return true;
    });
    if (!read) return tl::unexpected(read.error());
    Rows then = rows_;
    for (std::size_t count = 0;; ++count) {
      if (then == now) {
        settle(count);
        unsynced_.clear();
        return true;
      }
      if (count == unsynced_.size()) return false;
      apply(unsynced_[count], then);
    }
  }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;

  static void apply(const WriteBatch& batch, Rows& rows) {
    for (const auto& [key, value] : batch.changes()) {
      if (value) rows.insert_or_assign(key, *value);
      if (!value) rows.erase(key);
    }
  }
  void settle(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) apply(unsynced_[i], rows_);
    unsynced_.erase(unsynced_.begin(), unsynced_.begin() + static_cast<std::ptrdiff_t>(count));
  }

  Rows rows_;  // after the last synced write
  std::vector<WriteBatch> unsynced_;
};

// A store that remembers. A write that failed may have been done all the same.
class Witness final : public PassingStore {
 public:
  Witness(Store& store, History& history) : PassingStore(store), history_(history) {}

  Result<void> write(const WriteBatch& batch, Sync sync) override {
    auto written = store_.write(batch, sync);
    history_.wrote(batch, written && sync == Sync::yes);
    return written;
  }

 private:
  History& history_;
};

}  // namespace tocsin::crash
