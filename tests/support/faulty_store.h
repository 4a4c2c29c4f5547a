// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "tocsin/store.h"

namespace tocsin {

// A Store whose writes fail on order; reads go through. As with a real disk, once a write has
// failed every later one fails too, until repair().
class FaultyStore final : public Store {
 public:
  // Whether the write that fails had reached the disk all the same: its caller cannot know.
  enum class Fault { not_applied, applied };

  explicit FaultyStore(Store& store) : store_(store) {}  // outlives us

  // The `nth` write from now fails, counted from 1.
  void fail_write(std::size_t nth, Fault fault = Fault::not_applied) {
    const std::lock_guard lock(mutex_);
    left_ = nth;
    fault_ = fault;
  }
  void repair() {
    const std::lock_guard lock(mutex_);
    left_.reset();
  }

  Result<void> write(const WriteBatch& batch, Sync sync) override {
    const std::lock_guard lock(mutex_);
    if (!left_ || *left_ > 1) {
      if (left_) --*left_;
      return store_.write(batch, sync);
    }
    if (*left_ == 1 && fault_ == Fault::applied) {
      if (auto written = store_.write(batch, sync); !written) return written;
    }
    left_ = 0;
    return stop("state directory \"faulty\": the disk is full; free some space and start again");
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return store_.get(key);
  }
  Result<void> scan(std::string_view from, std::string_view until, const Row& row) const override {
    return store_.scan(from, until, row);
  }
  Result<void> scan_back(std::string_view from, std::string_view until,
                         const Row& row) const override {
    return store_.scan_back(from, until, row);
  }
  std::unique_ptr<Snapshot> snapshot() const override { return store_.snapshot(); }

 private:
  Store& store_;
  std::mutex mutex_;
  std::optional<std::size_t> left_;  // writes up to and with the one that fails; 0: it has failed
  Fault fault_ = Fault::not_applied;
};

}  // namespace tocsin
