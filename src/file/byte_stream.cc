// SPDX-License-Identifier: Apache-2.0
#include "file/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tocsin {
namespace {

constexpr std::size_t kRawChunk = 128 * 1024;
constexpr std::size_t kMagicBytes = 4;
// How often a plain file at its end is looked at for more.
constexpr Millis kLook{10};

std::string reason() { return std::generic_category().message(errno); }

void pause(int milliseconds) { ::poll(nullptr, 0, milliseconds); }

}  // namespace

Result<ByteStream> ByteStream::open(const std::string& path) {
  const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return reject(path + " cannot be opened: " + reason());
  ByteStream stream(path, fd);
  struct stat status {};
  if (::fstat(fd, &status) != 0) return reject(path + " cannot be read: " + reason());
  if (S_ISDIR(status.st_mode)) return reject(path + " is a folder; name a file in it");
  stream.regular_ = S_ISREG(status.st_mode);
  return stream;
}

ByteStream::ByteStream(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

ByteStream::ByteStream(ByteStream&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      regular_(other.regular_),
      detected_(other.detected_),
      raw_ended_(other.raw_ended_),
      ended_(other.ended_),
      raw_read_(other.raw_read_),
      decompressor_(std::move(other.decompressor_)),
      raw_(std::move(other.raw_)),
      raw_begin_(other.raw_begin_) {}

ByteStream::~ByteStream() {
  if (fd_ > STDIN_FILENO) ::close(fd_);
}

Result<std::size_t> ByteStream::read(std::span<char> into) {
  if (ended_) return std::size_t{0};
  if (!detected_) {
    if (auto done = detect(); !done) return tl::unexpected(done.error());
  }
  if (decompressor_) return read_compressed(into);
  if (raw_begin_ < raw_.size()) {
    const std::size_t count = std::min(into.size(), raw_.size() - raw_begin_);
    std::memcpy(into.data(), raw_.data() + raw_begin_, count);
    raw_begin_ += count;
    return count;
  }
  auto count = read_raw(into);
  if (count && *count == 0 && !regular_) ended_ = true;
  return count;
}

bool ByteStream::wait(Millis wait) const {
  const auto milliseconds = static_cast<int>(wait.count());
  if (ended_) {
    pause(milliseconds);
    return false;
  }
  if (!regular_) {
    pollfd watched{fd_, POLLIN, 0};
    return ::poll(&watched, 1, milliseconds) > 0;
  }
  if (!raw_ended_ || grown()) return true;
  for (Millis waited{0}; waited < wait; waited += kLook) {
    pause(static_cast<int>(std::min(kLook, wait - waited).count()));
    if (grown()) return true;
  }
  return false;
}

std::optional<std::string> ByteStream::trouble() const {
  if (!regular_ || decompressor_ || path_ == "-") return std::nullopt;
  struct stat ours {};
  if (::fstat(fd_, &ours) == 0 && ours.st_size < raw_read_) {
    return path_ + " was cut to " + std::to_string(ours.st_size) + " bytes after " +
           std::to_string(raw_read_) + " had been read";
  }
  struct stat named {};
  if (::stat(path_.c_str(), &named) != 0) return path_ + " was removed (" + reason() + ")";
  if (named.st_ino != ours.st_ino || named.st_dev != ours.st_dev) {
    return path_ + " was replaced by another file";
  }
  return std::nullopt;
}

Result<std::size_t> ByteStream::read_raw(std::span<char> into) {
  for (;;) {
    const ssize_t count = ::read(fd_, into.data(), into.size());
    if (count >= 0) {
      raw_ended_ = count == 0;
      raw_read_ += count;
      return static_cast<std::size_t>(count);
    }
    if (errno != EINTR) return reject(path_ + " cannot be read: " + reason());
  }
}

Result<void> ByteStream::detect() {
  raw_.resize(kRawChunk);
  std::size_t size = 0;
  while (size < kMagicBytes) {
    auto count = read_raw(std::span(raw_).subspan(size));
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) break;
    size += *count;
  }
  raw_.resize(size);
  raw_begin_ = 0;
  // An empty file may become anything yet.
  detected_ = size > 0 || !regular_;
  decompressor_ = decompressor_for(raw_);
  return {};
}

Result<std::size_t> ByteStream::read_compressed(std::span<char> into) {
  for (;;) {
    if (raw_begin_ == raw_.size()) {
      raw_.resize(kRawChunk);
      raw_begin_ = 0;
      auto count = read_raw(raw_);
      raw_.resize(count.value_or(0));
      if (!count) return count;
    }
    const auto in = std::span<const char>(raw_).subspan(raw_begin_);
    if (in.empty() && decompressor_->at_boundary()) {
      ended_ = true;
      return std::size_t{0};
    }
    auto step = decompressor_->step(in, into);
    if (!step) return reject(path_ + ": " + step.error().message);
    raw_begin_ += step->taken;
    if (step->made > 0) return step->made;
    if (in.empty()) return reject(path_ + " ends in the middle of its compressed data");
  }
}

bool ByteStream::grown() const {
  struct stat status {};
  return ::fstat(fd_, &status) == 0 && status.st_size != raw_read_;
}

}  // namespace tocsin
