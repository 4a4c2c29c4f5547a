// SPDX-License-Identifier: Apache-2.0
#include "pipeline/exchange.h"

#include <algorithm>

namespace tocsin {

Exchange::Exchange(std::size_t workers, std::uint64_t seed, Limits limits)
    : limits_(limits), lanes_(workers) {
  for (auto& lane : lanes_) {
    for (std::size_t i = 0; i < limits_.depth; ++i)
      lane.empty.push_back(std::make_unique<Batch>(seed));
  }
}

std::unique_ptr<Aggregator> Exchange::begin(std::size_t worker, Batch& batch) {
  const std::lock_guard lock(mutex_);
  Lane& lane = lanes_[worker];
  lane.open = true;
  if (lane.next) lane.edition = newest_;
  batch.edition = lane.edition;
  return std::move(lane.next);
}

void Exchange::change(std::vector<std::unique_ptr<Aggregator>> aggregators) {
  const std::lock_guard lock(mutex_);
  ++newest_;
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].next = std::move(aggregators[i]);
  changing_ = true;
}

bool Exchange::all_before_taken() const {
  const std::lock_guard lock(mutex_);
  return std::all_of(lanes_.begin(), lanes_.end(), [&](const Lane& lane) {
    const bool filling = lane.open && lane.edition != newest_ && !lane.finished;
    return !filling && (lane.filled.empty() || lane.filled.front()->edition == newest_);
  });
}

void Exchange::changed() {
  const std::lock_guard lock(mutex_);
  edition_ = newest_;
  changing_ = false;
}

std::unique_ptr<Batch> Exchange::borrow(std::size_t worker, Millis wait) {
  std::unique_lock lock(mutex_);
  Lane& lane = lanes_[worker];
  emptied_.wait_for(lock, wait, [&] { return stopping_ || !lane.empty.empty(); });
  if (stopping_ || lane.empty.empty()) return nullptr;
  auto batch = std::move(lane.empty.back());
  lane.empty.pop_back();
  return batch;
}

void Exchange::hand_over(std::size_t worker, std::unique_ptr<Batch> batch) {
  {
    const std::lock_guard lock(mutex_);
    lanes_[worker].filled.push_back(std::move(batch));
    lanes_[worker].open = false;
  }
  filled_.notify_one();
}

void Exchange::finish(std::size_t worker, std::optional<Error> error) {
  {
    const std::lock_guard lock(mutex_);
    lanes_[worker].finished = true;
    if (error && !error_) error_ = std::move(error);
  }
  filled_.notify_one();
}

std::vector<Exchange::Taken> Exchange::ready() {
  std::vector<Taken> taken;
  std::size_t records = 0;
  first_ = (first_ + 1) % lanes_.size();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const std::size_t w = (first_ + i) % lanes_.size();
    auto& filled = lanes_[w].filled;
    while (!filled.empty() && !filled.front()->barrier && filled.front()->edition <= edition_ &&
           records < limits_.together) {
      records += filled.front()->records;
      taken.push_back({w, std::move(filled.front())});
      filled.pop_front();
      if (taken.back().batch->tick) return taken;
    }
  }
  if (!taken.empty()) return taken;
  // Nothing but barriers: the tick is due when every worker that still runs has come to it.
  const bool all = std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
    return lane.filled.empty() ? lane.finished : lane.filled.front()->barrier;
  });
  if (!all) return taken;
  for (std::size_t w = 0; w < lanes_.size(); ++w) {
    auto& filled = lanes_[w].filled;
    if (filled.empty()) continue;
    taken.push_back({w, std::move(filled.front())});
    filled.pop_front();
  }
  return taken;
}

std::vector<Exchange::Taken> Exchange::take(Millis wait) {
  std::unique_lock lock(mutex_);
  std::vector<Taken> taken = ready();
  if (taken.empty() && !error_ && !all_finished()) {
    filled_.wait_for(lock, wait);
    taken = ready();
  }
  return taken;
}

void Exchange::rest(Millis wait) {
  std::unique_lock lock(mutex_);
  if (!error_) filled_.wait_for(lock, wait);
}

void Exchange::give_back(std::vector<Taken> taken) {
  for (auto& one : taken) one.batch->clear();
  {
    const std::lock_guard lock(mutex_);
    for (auto& one : taken) lanes_[one.worker].empty.push_back(std::move(one.batch));
  }
  emptied_.notify_all();
}

bool Exchange::finished() const {
  const std::lock_guard lock(mutex_);
  return all_finished();
}

bool Exchange::all_finished() const {
  return std::all_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return lane.finished && lane.filled.empty(); });
}

std::optional<Error> Exchange::error() const {
  const std::lock_guard lock(mutex_);
  return error_;
}

void Exchange::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  emptied_.notify_all();
}

}  // namespace tocsin
