// SPDX-License-Identifier: Apache-2.0
#include "file/log_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "tocsin/frees.h"

namespace tocsin {
namespace {

constexpr std::size_t kLeastRecord = 5;  // bytes that a record takes: its length and one more

tl::unexpected<Error> unreadable(const std::string& path) {
  return stop(path + " cannot be read: " + std::generic_category().message(errno));
}

}  // namespace

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}
OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Result<std::vector<Segment>> list_segments(const std::string& folder) {
  std::vector<Segment> segments;
  const std::unique_ptr<DIR, Frees<::closedir>> directory(::opendir(folder.c_str()));
  if (!directory) {
    if (errno == ENOENT) return segments;
    return unreadable(folder);
  }
  while (const dirent* entry = ::readdir(directory.get())) {
    const auto offset = segment_offset(entry->d_name);
    struct stat status {};
    if (!offset || ::stat((folder + "/" + entry->d_name).c_str(), &status) != 0) continue;
    segments.push_back({*offset, static_cast<std::uint64_t>(status.st_size)});
  }
  std::sort(segments.begin(), segments.end(),
            [](const Segment& a, const Segment& b) { return a.first_offset < b.first_offset; });
  return segments;
}

SegmentReader::SegmentReader(std::string path, OpenFile file, std::int64_t first_offset)
    : path_(std::move(path)),
      file_(std::move(file)),
      first_offset_(first_offset),
      next_offset_(first_offset) {}

Result<SegmentReader> SegmentReader::open(const std::string& folder, std::int64_t first_offset) {
  std::string path = folder + "/" + segment_name(first_offset);
  OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return unreadable(path);
  SegmentReader reader(path, std::move(file), first_offset);
  std::string header;
  const auto read = reader.read(0, kSegmentHeaderBytes, header);
  if (!read) return tl::unexpected(read.error());
  if (parse_segment_header(*read) != first_offset) {
    return stop(path + " is no segment of the local log, or damaged: move it away, then start");
  }
  return reader;
}

// As much of it as is there.
Result<std::string_view> SegmentReader::read(std::uint64_t at, std::size_t size,
                                             std::string& into) {
  if (into.size() < size) into.resize(size);
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count =
        ::pread(file_.get(), into.data() + got, size - got, static_cast<off_t>(at + got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path_);
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  return std::string_view(into).substr(0, got);
}

Result<std::optional<Frame>> SegmentReader::frame_at(std::uint64_t at) {
  const auto header = read(at, kFrameHeaderBytes, bytes_);
  if (!header) return tl::unexpected(header.error());
  const auto size = frame_size(*header);
  if (!size) return std::optional<Frame>();
  const auto whole = read(at, *size, bytes_);
  if (!whole) return tl::unexpected(whole.error());
  auto frame = parse_frame(*whole);
  if (!frame || frame->first_offset < next_offset_) return std::optional<Frame>();
  // A frame's bytes within a record of a damaged one must not move us far on.
  const auto skipped = static_cast<std::uint64_t>(frame->first_offset - next_offset_);
  if (skipped > (at - position_) / kLeastRecord) return std::optional<Frame>();
  frame_end_ = at + *size;
  return frame;
}

// Rare, and a segment is small: all that is left of it is looked through.
Result<std::optional<Frame>> SegmentReader::find_behind_damage() {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) return unreadable(path_);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size <= position_ || size == searched_) return std::optional<Frame>();
  std::string bytes;
  const auto rest = read(position_, static_cast<std::size_t>(size - position_), bytes);
  if (!rest) return tl::unexpected(rest.error());
  for (std::size_t at = 1; at + kFrameHeaderBytes <= rest->size(); ++at) {
    if (!frame_size(rest->substr(at, kFrameHeaderBytes))) continue;
    auto frame = frame_at(position_ + at);
    if (!frame || *frame) return frame;
  }
  searched_ = size;
  return std::optional<Frame>();
}

Result<std::optional<Frame>> SegmentReader::peek() {
  if (frame_) return frame_;
  auto frame = frame_at(position_);
  if (frame && !*frame) frame = find_behind_damage();
  if (!frame) return frame;
  frame_ = *frame;
  return frame;
}

void SegmentReader::pass() {
  if (!frame_) return;
  position_ = frame_end_;
  next_offset_ = frame_->first_offset + static_cast<std::int64_t>(frame_->values.size());
  frame_.reset();
}

std::optional<LogReader::Step> LogReader::lost(std::int64_t until) {
  Step step;
  step.first_offset = next_;
  step.lost_until = next_ = until;
  return step;
}

// The segment that the next record is in, or the next one there is after it. False: there is none.
Result<bool> LogReader::open_segment() {
  const auto segments = list_segments(folder_);
  if (!segments) return tl::unexpected(segments.error());
  const Segment* found = nullptr;
  for (const Segment& segment : *segments) {
    const bool passed = segment_ && segment.first_offset <= segment_->first_offset();
    if (passed) continue;
    if (found != nullptr && segment.first_offset > next_) break;
    found = &segment;
  }
  if (found == nullptr) return false;
  auto opened = SegmentReader::open(folder_, found->first_offset);
  if (!opened) return tl::unexpected(opened.error());
  segment_.emplace(std::move(*opened));
  return true;
}

Result<std::optional<LogReader::Step>> LogReader::next(std::int64_t until) {
  while (next_ < until) {
    if (segment_) {
      auto frame = segment_->peek();
      if (!frame) return tl::unexpected(frame.error());
      if (*frame) {
        const std::int64_t first = (*frame)->first_offset;
        const auto count = static_cast<std::int64_t>((*frame)->values.size());
        if (first >= until) return std::optional<Step>();
        if (first > next_) return lost(first);
        segment_->pass();
        if (first + count <= next_) continue;
        Step step{next_, (*frame)->time, std::move((*frame)->values), 0};
        step.values.erase(step.values.begin(), step.values.begin() + (next_ - first));
        next_ = first + count;
        return step;
      }
    }
    const auto opened = open_segment();
    if (!opened) return tl::unexpected(opened.error());
    if (!*opened) return std::optional<Step>();
    if (segment_->first_offset() > next_) return lost(segment_->first_offset());
  }
  return std::optional<Step>();
}

}  // namespace tocsin
