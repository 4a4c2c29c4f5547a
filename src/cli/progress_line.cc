// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr auto kEvery = std::chrono::milliseconds(100);
constexpr std::size_t kCells = 24;

}  // namespace

std::string progress_text(const InputProgress& progress, std::size_t cells) {
  const std::int64_t read = progress.bytes_read;
  if (progress.bytes <= 0) return fmt::format("{} MB", read >> 20);
  const std::int64_t permille = std::min<std::int64_t>(read * 1000 / progress.bytes, 1000);
  return fmt::format("{} {:3}%", progress_bar(permille, cells), permille / 10);
}

ProgressLine::ProgressLine(const InputProgress& progress, std::string name)
    : progress_(progress),
      name_(cut_middle(clean_text(name), 40)),
      terminal_(Terminal::of(STDERR_FILENO)) {
  if (!terminal_.is_terminal()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      draw();
      ended_.wait_for(lock, stop, kEvery, [] { return false; });
    }
  });
}

ProgressLine::~ProgressLine() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
  std::fprintf(stderr, "\r\x1b[K");
  std::fflush(stderr);
}

void ProgressLine::draw() const {
  const std::string text = name_ + "  " + progress_text(progress_, kCells);
  if (columns_of(text) >= terminal_.width()) return;
  std::fprintf(stderr, "\r%s\x1b[K", text.c_str());
  std::fflush(stderr);
}

}  // namespace tocsin
