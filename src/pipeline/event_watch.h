// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string_view>

#include "tocsin/event.h"
#include "tocsin/money.h"

namespace tocsin {

// Sees each event that is counted. Its views live for the call.
struct CountedEvent {
  const Event& event;
  EventTime time{};
  Money cost;
  std::string_view source;  // as EventContext has it
};

class EventWatch {
 public:
  virtual ~EventWatch() = default;
  // Whether there is anything to look for: else it need not be asked. Any thread.
  bool wants_events() const { return wants_events_.load(std::memory_order_relaxed); }
  // Any worker's thread; two may come at once.
  virtual void counted(const CountedEvent& counted) = 0;

 protected:
  std::atomic<bool> wants_events_{true};
};

}  // namespace tocsin
