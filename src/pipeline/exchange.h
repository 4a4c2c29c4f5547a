// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/batch.h"
#include "tocsin/result.h"

namespace tocsin {

// The delta log within one process: filled batches go from workers to the state thread, empty ones
// back. Bounded: a worker with `depth` batches under way waits.
class Exchange {
 public:
  Exchange(std::size_t workers, std::uint64_t seed);

  // Worker: an empty batch; nothing when stopping.
  std::unique_ptr<Batch> borrow(std::size_t worker);
  void hand_over(std::size_t worker, std::unique_ptr<Batch> batch);
  // Worker: no batch will follow. With an error: the engine must stop.
  void finish(std::size_t worker, std::optional<Error> error);

  // State thread: batches to commit together, in order; the last alone may hold a tick. Waits at
  // most `wait`; empty: none came.
  struct Taken {
    std::size_t worker = 0;
    std::unique_ptr<Batch> batch;
  };
  std::vector<Taken> take(Millis wait);
  void give_back(std::vector<Taken> taken);
  // Every worker has finished and all batches are taken.
  bool finished() const;
  std::optional<Error> error() const;

  // Makes borrow() answer nothing.
  void stop();

 private:
  static constexpr std::size_t kDepth = 3;
  static constexpr std::size_t kRecordsTogether = 20'000;

  struct Lane {
    std::deque<std::unique_ptr<Batch>> filled;
    std::vector<std::unique_ptr<Batch>> empty;
    bool finished = false;
  };
  std::vector<Taken> ready();

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::vector<Lane> lanes_;
  std::size_t first_ = 0;  // the lane that is asked first: each in turn
  std::optional<Error> error_;
  bool stopping_ = false;
};

}  // namespace tocsin
