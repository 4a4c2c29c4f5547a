// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "tocsin/transport.h"

namespace tocsin::crash {

// A message as a receiver sees it arrive.
struct Post {
  std::string channel;  // the last part of its address
  std::string key;      // Idempotency-Key: the message's id
  std::set<std::string> alerts;
  int answer = 0;
};

// Receivers that take most messages, want a seventh of them twice, and refuse an eleventh for good.
// What arrives is handed on before it is answered.
class Postbox final : public Transport {
 public:
  // False: it did not arrive, and gets no answer.
  using Arrived = std::function<bool(const Post&)>;
  explicit Postbox(Arrived arrived) : arrived_(std::move(arrived)) {}

  void send(Request request, Done done) override;
  void poll(Millis wait) override;
  void wake() override;

 private:
  int answer_to(const Post& post);

  const Arrived arrived_;
  std::set<std::string> seen_;
  std::deque<std::pair<int, Done>> answers_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;  // guarded by mutex_
};

}  // namespace tocsin::crash
