// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin {

// Writes lines to a file that others hold too (standard error), and waits for nobody: what a pipe
// that nobody reads, a stopped terminal or a full disk does not take is left out, and how many
// lines that were is said before the next that is taken. Not for several threads at a time.
class LogOutput {
 public:
  explicit LogOutput(int file) : file_(file) {}

  // `line` ends with its line end. Of one longer than 4,096 bytes, which a pipe might take a part
  // of, the rest is left out.
  void write(std::string_view line);
  std::uint64_t left_out() const { return left_out_; }

 private:
  bool put(std::string_view line) const;

  int file_;
  std::uint64_t left_out_ = 0;  // since the last that was taken
};

}  // namespace tocsin
