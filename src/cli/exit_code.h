// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "tocsin/result.h"

namespace tocsin {

// What a command answers to its shell (sysexits.h where it has a word for it).
enum ExitCode : int {
  kExitOk = 0,
  kExitFound = 1,  // it failed, or found what it was to look for
  kExitUsage = 64,
  kExitConfig = 78,
};

// Says it on stderr as Tocsin's; for a command to end with, kExitFound.
int fail(const Error& error);

// The process ends with `code` when `patience` is over, whatever still runs.
void leave_in_any_case(int code, std::chrono::seconds patience);

}  // namespace tocsin
