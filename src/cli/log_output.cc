// SPDX-License-Identifier: Apache-2.0
#include "cli/log_output.h"

#include <poll.h>
#include <unistd.h>

#include <climits>
#include <string>

#include "cli/plural.h"

namespace tocsin {
namespace {

constexpr std::string_view kCut = " …\n";

}  // namespace

void LogOutput::write(std::string_view line) {
  std::string cut;
  if (line.size() > PIPE_BUF) {
    cut = line.substr(0, PIPE_BUF - kCut.size());
    cut += kCut;
    line = cut;
  }
  if (left_out_ > 0) {
    if (put("(" + plural(left_out_, "line") + " of the log could not be written)\n")) left_out_ = 0;
  }
  if (left_out_ > 0 || !put(line)) ++left_out_;
}

// A pipe that is ready takes PIPE_BUF bytes at once. O_NONBLOCK would be set for all who share it.
bool LogOutput::put(std::string_view line) const {
  pollfd ready{file_, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  return ::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace tocsin
