// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/aggregator.h"
#include "pipeline/batch.h"
#include "tocsin/result.h"

namespace tocsin {

// The delta log within one process: filled batches go from workers to the state thread, empty ones
// back. Bounded: a worker with `depth` batches under way waits.
class Exchange {
 public:
  struct Limits {
    std::size_t together = 20'000;  // a commit takes batches until it has so many records
    std::size_t depth = 3;
  };
  Exchange(std::size_t workers, std::uint64_t seed, Limits limits);

  // Worker: the first of a batch is about to be put into it. Answers with what to fold it by from
  // now on, if that is another than before; it belongs to the worker then.
  std::unique_ptr<Aggregator> begin(std::size_t worker, Batch& batch);
  // Worker: the open batch should be handed over soon.
  bool changing() const { return changing_.load(std::memory_order_relaxed); }

  // Worker: an empty batch; nothing when none came within `wait`, or when stopping.
  std::unique_ptr<Batch> borrow(std::size_t worker, Millis wait);
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
  // Waits as take() does, and takes nothing.
  void rest(Millis wait);
  // Every worker has finished and all batches are taken.
  bool finished() const;
  std::optional<Error> error() const;

  // State thread: batches begun from now on are folded by these, one for each worker, and are kept
  // back until changed().
  void change(std::vector<std::unique_ptr<Aggregator>> aggregators);
  // No batch of before is left: those kept back may be taken once the state has changed too.
  bool all_before_taken() const;
  void changed();
  // Makes a take() that waits return.
  void wake() { filled_.notify_one(); }

  // Makes borrow() answer nothing.
  void stop();

 private:
  struct Lane {
    std::deque<std::unique_ptr<Batch>> filled;
    std::vector<std::unique_ptr<Batch>> empty;
    std::unique_ptr<Aggregator> next;  // not yet taken by the worker
    std::uint64_t edition = 0;         // of the aggregator that the worker has
    bool open = false;                 // a batch of it is being filled
    bool finished = false;
  };
  std::vector<Taken> ready();
  bool all_finished() const;

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::vector<Lane> lanes_;
  std::size_t first_ = 0;  // the lane that is asked first: each in turn
  std::optional<Error> error_;
  bool stopping_ = false;
  std::uint64_t edition_ = 0;  // the newest that may be taken
  std::uint64_t newest_ = 0;
  std::atomic<bool> changing_{false};
};

}  // namespace tocsin
