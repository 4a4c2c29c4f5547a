// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/loopback_server.h"
#include "tocsin/clock.h"

namespace tocsin::demo {

// A message that arrived.
struct Delivery {
  enum class Kind : std::uint8_t { slack, mail };
  std::uint64_t number = 0;  // from 1, in the order of arrival
  Kind kind = Kind::slack;
  std::string channel;  // "alerts"; of a mail the first recipient's name, "finance"
  std::string first_line;
  std::string body;                                // the JSON as it was posted
  std::chrono::steady_clock::time_point received;  // when all of it had come
  WallTime at;
};

// What stands in for Slack (`POST /slack/CHANNEL`, answered `ok`) and for a mail service in
// Resend's shape (`POST /emails`, answered `{"id": …}`), and the page that shows what they got
// (`GET /demo`). Any thread.
class StandIns {
 public:
  explicit StandIns(const Clock& clock) : clock_(clock) {}

  LoopbackAnswer answer(const LoopbackCall& call);

  // Those that arrived since the last call; waits at most `wait` for the first.
  std::vector<Delivery> take(Millis wait);
  // How long a message took, to be shown beside it: "2.9".
  void took(std::uint64_t number, std::string milliseconds);

 private:
  struct Shown {
    Delivery delivery;
    std::string took_ms;
  };
  LoopbackAnswer post(Delivery::Kind kind, std::string channel, std::string_view body);
  std::string messages_json() const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::uint64_t last_ = 0;
  std::vector<Delivery> new_;
  std::deque<Shown> shown_;  // newest first
};

}  // namespace tocsin::demo
