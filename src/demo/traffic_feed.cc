// SPDX-License-Identifier: Apache-2.0
#include "demo/traffic_feed.h"

#include <utility>

#include "demo/pace.h"

namespace tocsin::demo {
namespace {

constexpr Millis kTick{1};

}  // namespace

TrafficFeed::TrafficFeed(const Setup& setup)
    : setup_(setup), thread_([this](const std::stop_token& stop) { run(stop); }) {}

TrafficFeed::~TrafficFeed() {
  thread_.request_stop();
  thread_.join();
}

void TrafficFeed::go(std::function<bool(const Ledger&)> enough) {
  const std::lock_guard lock(mutex_);
  enough_ = std::move(enough);
  going_ = true;
  changed_.notify_all();
}

std::optional<Error> TrafficFeed::pause() {
  const std::lock_guard lock(mutex_);
  going_ = false;
  return failure_;
}

void TrafficFeed::read(const std::function<void(const Ledger&)>& look) const {
  const std::lock_guard lock(mutex_);
  look(setup_.ledger);
}

std::optional<Error> TrafficFeed::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

// Holding mutex_.
Result<void> TrafficFeed::send_one() {
  const EventTime at = as_event_time(setup_.clock.wall());
  const Traffic::Request request = setup_.traffic.next(at);
  // The stopwatch of "request → message" starts here, before our own work on the request and
  // before the broker has it.
  const auto sent = setup_.clock.monotonic();
  setup_.ledger.add(request.json, at, sent);
  return setup_.producer.send({at, request.user, request.json});
}

void TrafficFeed::run(const std::stop_token& stop) {
  Pace pace(setup_.per_second);
  std::unique_lock lock(mutex_);
  while (true) {
    // After a pause at the even rate at once: a flood would make what comes next look slow.
    if (!going_) pace = Pace(setup_.per_second);
    if (!changed_.wait(lock, stop, [this] { return going_; }) || stop.stop_requested()) return;
    for (auto due = pace.due(setup_.clock.monotonic()); due > 0 && going_; --due) {
      if (auto sent = send_one(); !sent) {
        failure_ = sent.error();
        going_ = false;
      } else if (enough_ && enough_(setup_.ledger)) {
        going_ = false;
      }
    }
    // Not changed_: while it goes nothing but time is waited for.
    lock.unlock();
    std::this_thread::sleep_for(kTick);
    lock.lock();
  }
}

}  // namespace tocsin::demo
