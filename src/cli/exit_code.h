// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tocsin {

// What a command answers to its shell (sysexits.h where it has a word for it).
enum ExitCode : int {
  kExitOk = 0,
  kExitFound = 1,  // it failed, or found what it was to look for
  kExitUsage = 64,
  kExitConfig = 78,
};

}  // namespace tocsin
