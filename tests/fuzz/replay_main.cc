// SPDX-License-Identifier: Apache-2.0
// A fuzz target run over files and folders of files, without a fuzzer: its kept inputs, as a test.
//   fuzz_replay TARGET PATH…
// The last name printed is of the input that failed.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_targets.h"  // made by CMakeLists.txt: X(event) X(glob) …

#define X(name) extern "C" int fuzz_##name(const std::uint8_t* data, std::size_t size);
TOCSIN_FUZZ_TARGETS
#undef X

namespace {

namespace fs = std::filesystem;
using Target = int (*)(const std::uint8_t*, std::size_t);

Target target_of(std::string_view name) {
#define X(known) \
  if (name == #known) return &fuzz_##known;
  TOCSIN_FUZZ_TARGETS
#undef X
  return nullptr;
}

std::vector<fs::path> inputs_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> inputs;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

bool replay(Target target, const fs::path& path) {
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // Of exactly its size, so that a read beyond its end is found.
  const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
  return target(exact.data(), exact.size()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Target target = argc > 1 ? target_of(argv[1]) : nullptr;
  if (target == nullptr || argc < 3) {
    std::fputs("usage: fuzz_replay TARGET PATH...\n", stderr);
    return 2;
  }
  std::size_t replayed = 0;
  for (int i = 2; i < argc; ++i) {
    for (const fs::path& input : inputs_of(argv[i])) {
      if (!replay(target, input)) return 1;
      ++replayed;
    }
  }
  std::printf("%zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;
}
