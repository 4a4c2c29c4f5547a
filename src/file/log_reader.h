// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "file/log_frame.h"
#include "tocsin/result.h"

namespace tocsin {

// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int fd = -1) : fd_(fd) {}
  ~OpenFile();
  OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept;

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

struct Segment {
  std::int64_t first_offset = 0;
  std::uint64_t bytes = 0;
};

// Those of a folder, by rising offsets; a folder that is not there has none. stop: it cannot be
// read.
Result<std::vector<Segment>> list_segments(const std::string& folder);

// A segment's frames in their order, damaged ones passed over. One thread.
class SegmentReader {
 public:
  // stop: it cannot be read, or is no segment of that name.
  static Result<SegmentReader> open(const std::string& folder, std::int64_t first_offset);

  // The next good frame; nothing: there is none now. It stays the next until pass(). Views live
  // until then.
  Result<std::optional<Frame>> peek();
  void pass();

  std::int64_t first_offset() const { return first_offset_; }
  std::uint64_t position() const { return position_; }  // behind the frames passed
  std::int64_t next_offset() const { return next_offset_; }
  int fd() const { return file_.get(); }

 private:
  SegmentReader(std::string path, OpenFile file, std::int64_t first_offset);
  Result<std::optional<Frame>> frame_at(std::uint64_t at);
  Result<std::optional<Frame>> find_behind_damage();
  Result<std::string_view> read(std::uint64_t at, std::size_t size, std::string& into);

  std::string path_;
  OpenFile file_;
  std::int64_t first_offset_;
  std::int64_t next_offset_;
  std::uint64_t position_ = kSegmentHeaderBytes;
  std::string bytes_;
  std::optional<Frame> frame_;   // peeked
  std::uint64_t frame_end_ = 0;  // its position
  std::uint64_t searched_ = 0;   // the size at which nothing good was found behind damage
};

// The records of the log in a folder from an offset on, also while it is written. One thread.
class LogReader {
 public:
  LogReader(std::string folder, std::int64_t offset) : folder_(std::move(folder)), next_(offset) {}

  struct Step {
    std::int64_t first_offset = 0;
    std::int64_t time = 0;                 // of all, ms since 1970
    std::vector<std::string_view> values;  // until the next call
    std::int64_t lost_until = 0;  // in place of values: [first_offset, lost_until) are not there
  };
  // What follows, as far as it is before `until`; nothing: that is all there is now. stop: it
  // cannot be read.
  Result<std::optional<Step>> next(std::int64_t until);
  std::int64_t next_offset() const { return next_; }

 private:
  Result<bool> open_segment();
  std::optional<Step> lost(std::int64_t until);

  std::string folder_;
  std::int64_t next_;
  std::optional<SegmentReader> segment_;
};

}  // namespace tocsin
