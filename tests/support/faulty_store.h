// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include "support/passing_store.h"
#include "tocsin/store.h"

namespace tocsin {

// A Store whose writes fail on order; reads go through. As with a real disk, once a write has
// failed every later one fails too, until repair().
class FaultyStore final : public PassingStore {
 public:
  // Whether the write that fails had reached the disk all the same: its caller cannot know.
  enum class Fault { not_applied, applied };

  explicit FaultyStore(Store& store) : PassingStore(store) {}  // outlives us

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

 private:
  std::mutex mutex_;
  std::optional<std::size_t> left_;  // writes up to and with the one that fails; 0: it has failed
  Fault fault_ = Fault::not_applied;
};

}  // namespace tocsin
