// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cli/input_progress.h"
#include "cli/terminal.h"

namespace tocsin {

// Draws how far an input was read on standard error while it lives, if that is a terminal; then the
// line is clear again. `progress` outlives it.
class ProgressLine {
 public:
  ProgressLine(const InputProgress& progress, std::string name);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

 private:
  void draw() const;

  const InputProgress& progress_;
  std::string name_;
  Terminal terminal_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: the others outlive it
};

// "━━━━━━────  61%" of so many cells; only the mark of bytes where the size is not known.
std::string progress_text(const InputProgress& progress, std::size_t cells);

}  // namespace tocsin
