// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <thread>

#include "kafka/client.h"
#include "kafka/registry.h"

namespace tocsin::kafka {

// Keeps the fetcher going while there is backlog. librdkafka 2.0.2 stops fetching for a whole
// second when its queue is full, however soon it is drained; any request wakes the broker's thread
// and makes it look again. So for as long as polls find much, and a little longer, one is sent
// every 10 ms, from a thread of its own.
class Waker {
 public:
  Waker(const Client& client, const Registry& registry);
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // A poll found much. Any thread; costs an atomic read when already known.
  void backlog();

 private:
  enum class State { idle, backlog, stopping };
  void run();

  const Client& client_;
  const Registry& registry_;
  std::atomic<State> state_{State::idle};
  std::thread thread_;  // last: uses all above
};

}  // namespace tocsin::kafka
