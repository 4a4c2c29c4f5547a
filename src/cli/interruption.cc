// SPDX-License-Identifier: Apache-2.0
#include "cli/interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace tocsin {
namespace {

constexpr int kSignalled = 128;
constexpr int kPatience = 3;

std::atomic<int> signal_asked{0};
std::atomic<int> times_asked{0};

void on_signal(int number) {
  signal_asked = number;
  if (++times_asked >= kPatience) _exit(kSignalled + number);
}

}  // namespace

void Interruption::listen() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaction(number, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Interruption::asked() { return signal_asked.load(); }

}  // namespace tocsin
