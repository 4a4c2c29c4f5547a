// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace tocsin {

// What a process leaves behind for the next to know how it died; all zero: never used.
struct LifeNote {
  std::atomic<std::uint32_t> crashed;  // by a signal of its own: abort, a bad access
  std::uint32_t lived;
  std::int64_t oom_kills;  // the machine's, when it began; -1: unknown
};

// Whether what it did can have killed it: a crash, or the kernel for want of memory. Neither a
// person's kill -9 nor a power cut is.
enum class Death : std::uint8_t { own, other };

// How the process before died, by what it left; then notes that this one lives, and has a crash of
// it noted. Once in a process; `note` outlives it.
Death begin_life(LifeNote& note);

}  // namespace tocsin
