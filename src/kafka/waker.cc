// SPDX-License-Identifier: Apache-2.0
#include "kafka/waker.h"

#include <chrono>

#include "kafka/offsets.h"

namespace tocsin::kafka {
namespace {

constexpr Millis kPause{10};
// Longer than librdkafka's pause of 1 s, for a drained queue finds no backlog while it lasts.
constexpr int kRoundsAfterBacklog = 150;
constexpr Millis kLookUpMax{1000};

}  // namespace

Waker::Waker(const Client& client, const Registry& registry)
    : client_(client), registry_(registry), thread_([this] { run(); }) {}

Waker::~Waker() {
  state_.store(State::stopping);
  state_.notify_one();
  thread_.join();
}

void Waker::backlog() {
  auto idle = State::idle;
  if (state_.load(std::memory_order_relaxed) != State::idle) return;
  if (state_.compare_exchange_strong(idle, State::backlog)) state_.notify_one();
}

void Waker::run() {
  int rounds = 0;
  for (;;) {
    if (rounds == 0) state_.wait(State::idle);
    auto seen = State::backlog;
    if (state_.compare_exchange_strong(seen, State::idle)) {
      rounds = kRoundsAfterBacklog;
    } else if (seen == State::stopping) {
      return;
    }
    const auto partitions = registry_.led();
    // Only the asking matters, not the answer.
    static_cast<void>(look_up(client_.get(), partitions, kLogStart, kLookUpMax));
    std::this_thread::sleep_for(kPause);
    if (rounds > 0) --rounds;
  }
}

}  // namespace tocsin::kafka
