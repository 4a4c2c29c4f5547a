// SPDX-License-Identifier: Apache-2.0
// The suites of death and damage, each with its size:
//
//   crash_suite points --count 50    each crash point 50 times
//   crash_suite power --count 2000   so many power cuts
//   crash_suite flips --count 10000  so many damages on disk
//   crash_suite log --count 500      each crash point of the local log 500 times, half with a cut
//
// --seed N  --shards N (processes at a time)  --only N (one case)
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "crash/suite.h"

int main(int argc, char** argv) {
  // A process that dies needs no disk, and a disk takes its time. What is set already stays.
  ::setenv("TMPDIR", "/dev/shm", 0);
  tocsin::crash::Size size;
  size.program = argv[0];
  const std::string_view suite = argc > 1 ? argv[1] : "";
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--seed") size.seed = value;
    if (option == "--shards") size.shards = static_cast<unsigned>(value);
    if (option == "--count") size.count = value;
    if (option == "--only") size.only = value;
  }
  if (suite == "points") return tocsin::crash::run_points(size);
  if (suite == "power") return tocsin::crash::run_power(size);
  if (suite == "flips") return tocsin::crash::run_flips(size);
  if (suite == "log") return tocsin::crash::run_log(size);
  std::fprintf(stderr,
               "usage: %s points|power|flips|log [--count N] [--seed N] [--shards N] [--only N]\n",
               argv[0]);
  return 64;
}
