// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "demo/ledger.h"
#include "demo/traffic.h"
#include "kafka/producer.h"
#include "tocsin/clock.h"

namespace tocsin::demo {

// A thread that hands made-up requests to a broker at an even rate and keeps the ledger of them.
// What it is given must outlive it, and is its own while it lives. Any thread may call it.
class TrafficFeed {
 public:
  struct Setup {
    Traffic& traffic;
    Ledger& ledger;
    Producer& producer;
    const Clock& clock;
    std::uint64_t per_second = 0;
  };
  // Paused at first.
  explicit TrafficFeed(const Setup& setup);
  ~TrafficFeed();
  TrafficFeed(const TrafficFeed&) = delete;
  TrafficFeed& operator=(const TrafficFeed&) = delete;

  // Goes on until pause() or until `enough` says so of the ledger, asked after each request.
  void go(std::function<bool(const Ledger&)> enough);
  // When it returns nothing is handed over any more. Returns what ended the feed, if it failed.
  std::optional<Error> pause();
  // Calls `look` while nothing is added.
  void read(const std::function<void(const Ledger&)>& look) const;
  std::optional<Error> failure() const;

 private:
  void run(const std::stop_token& stop);
  Result<void> send_one();

  Setup setup_;
  mutable std::mutex mutex_;  // guards the ledger and all below
  std::condition_variable_any changed_;
  std::function<bool(const Ledger&)> enough_;
  bool going_ = false;
  std::optional<Error> failure_;
  std::jthread thread_;  // last: it uses all of us
};

}  // namespace tocsin::demo
