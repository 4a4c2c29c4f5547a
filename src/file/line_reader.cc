// SPDX-License-Identifier: Apache-2.0
#include "file/line_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace tocsin {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

std::optional<Line> LineReader::next() {
  if (discarding_) return std::nullopt;
  const auto* found = static_cast<const char*>(
      scanned_ < end_ ? std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_) : nullptr);
  if (found == nullptr) {
    scanned_ = end_;
    return std::nullopt;
  }
  const auto at = static_cast<std::size_t>(found - buffer_.data());
  const Line made = line(at);
  begin_ = scanned_ = at + 1;
  return made;
}

Result<bool> LineReader::fill() {
  make_room();
  const auto count = stream_.read(std::span(buffer_).subspan(end_));
  if (!count) return tl::unexpected(count.error());
  if (*count == 0) return false;
  if (discarding_) {
    discard(*count);
  } else {
    end_ += *count;
  }
  skip_late_end();
  return true;
}

std::optional<Line> LineReader::rest() {
  if (begin_ == end_) return std::nullopt;
  const Line made = line(end_);
  begin_ = scanned_ = end_;
  discarding_ = false;
  late_end_ = true;
  return made;
}

Line LineReader::line(std::size_t end) {
  std::string_view text(buffer_.data() + begin_, end - begin_);
  // A long line is cut the same way whether it came in one read or in many.
  if (std::exchange(cut_, false) || text.size() > limits_.max) {
    text = text.substr(0, limits_.kept);
  } else if (!text.empty() && text.back() == '\r') {
    text.remove_suffix(1);
  }
  if (number_ == 0 && text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return {number_++, text};
}

void LineReader::make_room() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  if (!discarding_ && end_ > limits_.max) {
    discarding_ = cut_ = true;
    end_ = scanned_ = limits_.kept;
  }
  if (buffer_.size() - end_ < kChunk) buffer_.resize(std::max(2 * buffer_.size(), end_ + kChunk));
}

// Of `count` bytes just read behind the kept part, keeps those from the line's end on.
void LineReader::discard(std::size_t count) {
  char* read = buffer_.data() + end_;
  const auto* found = static_cast<const char*>(std::memchr(read, '\n', count));
  if (found == nullptr) return;
  const auto dropped = static_cast<std::size_t>(found - read);
  std::memmove(read, found, count - dropped);
  end_ += count - dropped;
  discarding_ = false;
}

void LineReader::skip_late_end() {
  if (!late_end_ || begin_ == end_) return;
  const std::string_view read(buffer_.data() + begin_, end_ - begin_);
  if (read == "\r") return;
  late_end_ = false;
  if (read.front() == '\n') begin_ += 1;
  if (read.substr(0, 2) == "\r\n") begin_ += 2;
  scanned_ = begin_;
}

}  // namespace tocsin
