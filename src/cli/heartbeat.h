// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/service_manager.h"
#include "tocsin/log.h"

namespace tocsin {

// A thread whose life is proven by turns of its loop, not by a timer.
struct Pulse {
  static constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();

  std::string name;                      // "state thread"
  std::function<std::uint64_t()> turns;  // rises; kEnded: the thread has nothing more to do
  std::function<void()> wake;            // makes a thread turn that waits; may be empty
};

// Which threads stand still. One thread.
class PulseWatch {
 public:
  explicit PulseWatch(std::vector<Pulse> pulses);

  // Those that have not turned since the last look; wakes all for the next. The first look finds
  // those that have not turned yet.
  std::vector<std::string> standing_still();

 private:
  struct Seen {
    Pulse pulse;
    std::uint64_t turns = 0;
  };
  std::vector<Seen> seen_;
};

// Says READY when every thread has turned once, and as long as all go on turning it is alive; a
// thread that hangs ends that, and the service manager restarts the process. A thread of its own,
// from the constructor to finish() or the end of it; what it is given outlives it.
class Heartbeat {
 public:
  struct Setup {
    const ServiceManager& manager;
    std::vector<Pulse> pulses;
    std::function<std::string()> status;  // one line
    Log& log;
  };
  explicit Heartbeat(Setup setup);
  ~Heartbeat() { finish(); }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  void finish();

 private:
  void run(const std::stop_token& stop);
  void look();

  Setup setup_;
  PulseWatch watch_;
  bool ready_ = false;
  std::string told_;
  int looks_still_ = 0;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::jthread thread_;
};

}  // namespace tocsin
