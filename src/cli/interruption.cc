// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace tocsin {
namespace {

constexpr unsigned kPatienceSeconds = 15;

std::atomic<int> signal_asked{0};

// However often it is asked: `timeout` alone asks twice, and what ends at the second time leaves
// its folder behind.
void remember_signal(int number) {
  if (signal_asked.exchange(number) == 0) alarm(kPatienceSeconds);
}

}  // namespace

void Interruption::listen() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Interruption::asked() { return signal_asked.load(); }

}  // namespace tocsin
