// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string>
#include <string_view>

// What every file *_fuzz.cc defines: one input, judged. Called by libFuzzer, and by replay_main.cc
// for the inputs that are kept in corpus/.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tocsin::fuzz {

// Ends the process, so that whoever made the input keeps it.
[[noreturn]] inline void fail(const std::string& what, std::source_location where) {
  std::fprintf(stderr, "%s:%u: %s\n", where.file_name(), where.line(), what.c_str());
  std::abort();
}

inline void expect(bool holds, std::string_view what,
                   std::source_location where = std::source_location::current()) {
  if (!holds) fail("not so: " + std::string(what), where);
}

// The two must be the same; both are shown if they are not.
inline void expect_same(std::string_view ours, std::string_view theirs, std::string_view what,
                        std::source_location where = std::source_location::current()) {
  if (ours == theirs) return;
  fail("not the same: " + std::string(what) + "\n--- ours\n" + std::string(ours) +
           "\n--- the oracle's\n" + std::string(theirs),
       where);
}

}  // namespace tocsin::fuzz
