// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <unistd.h>

#include <cstdio>
#include <thread>

namespace tocsin {

int fail(const Error& error) {
  std::fprintf(stderr, "tocsin: %s\n", error.message.c_str());
  return kExitFound;
}

// librdkafka 2.0.2 can hang for ever when it is closed (#4362).
void leave_in_any_case(int code, std::chrono::seconds patience) {
  std::thread([code, patience] {
    std::this_thread::sleep_for(patience);
    _exit(code);
  }).detach();
}

}  // namespace tocsin
