// SPDX-License-Identifier: Apache-2.0
#include "cli/heartbeat.h"

#include <chrono>
#include <utility>

namespace tocsin {
namespace {

using std::chrono::microseconds;

constexpr microseconds kStarting{20'000};
constexpr microseconds kWithoutWatchdog{10'000'000};

}  // namespace

PulseWatch::PulseWatch(std::vector<Pulse> pulses) {
  for (Pulse& pulse : pulses) seen_.push_back({std::move(pulse)});
}

std::vector<std::string> PulseWatch::standing_still() {
  std::vector<std::string> still;
  for (Seen& seen : seen_) {
    const std::uint64_t turns = seen.pulse.turns();
    if (turns == seen.turns && turns != Pulse::kEnded) still.push_back(seen.pulse.name);
    seen.turns = turns;
    if (seen.pulse.wake) seen.pulse.wake();
  }
  return still;
}

Heartbeat::Heartbeat(Setup setup)
    : setup_(std::move(setup)), watch_(std::exchange(setup_.pulses, {})) {
  if (!setup_.manager.listens()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Heartbeat::finish() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Heartbeat::run(const std::stop_token& stop) {
  // Three looks in the time after which the process is restarted: one that falls between two turns
  // of a busy thread is made good by the next.
  const microseconds watchdog = setup_.manager.watchdog();
  const microseconds running = watchdog > microseconds{0} ? watchdog / 3 : kWithoutWatchdog;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    look();
    asked_.wait_for(lock, stop, ready_ ? running : kStarting, [] { return false; });
  }
}

void Heartbeat::look() {
  std::string still;
  for (const std::string& name : watch_.standing_still()) {
    still += (still.empty() ? "" : ", ") + name;
  }
  if (!ready_ && !still.empty()) return;
  const std::string status =
      still.empty() ? setup_.status() : "standing still: " + still + "; " + setup_.status();
  if (!ready_) {
    ready_ = true;
    setup_.manager.ready(status);
  } else if (status != told_) {
    setup_.manager.status(status);
  }
  told_ = status;
  if (still.empty() && setup_.manager.watchdog() > microseconds{0}) setup_.manager.alive();
  looks_still_ = still.empty() ? 0 : looks_still_ + 1;
  // A thread may be within a long turn at one look; two in a row are told, once.
  if (looks_still_ == 2) {
    setup_.log.error("Standing still: " + still +
                     ". If that goes on, the service manager's watchdog restarts the engine; "
                     "nothing is lost.");
  }
}

}  // namespace tocsin
