// SPDX-License-Identifier: Apache-2.0
#include "file/local_log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "tocsin/crash_point.h"

namespace tocsin {
namespace {

// A group is written at once, so its last must not wait too long for its first.
constexpr std::size_t kGroupBytes = std::size_t{4} << 20;
constexpr std::size_t kFrameBuffer = std::size_t{8} << 20;

std::string why() { return std::generic_category().message(errno); }

Result<void> sync_folder(const std::string& path) {
  const OpenFile folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return stop(path + " cannot be synced: " + why());
  return {};
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) {
    const std::size_t slash = path.rfind('/');
    return sync_folder(slash == std::string::npos ? "." : path.substr(0, slash));
  }
  if (errno != EEXIST) return stop(path + " cannot be made: " + why());
  return {};
}

bool write_all(int file, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
    at += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

Result<std::unique_ptr<LocalLog>> LocalLog::open(LocalLogConfig config, const Clock& clock) {
  std::unique_ptr<LocalLog> log(new LocalLog(std::move(config), clock));
  if (auto made = make_folder(log->config_.folder); !made) return tl::unexpected(made.error());
  if (auto done = log->recover(); !done) return tl::unexpected(done.error());
  return log;
}

Result<void> LocalLog::recover() {
  auto segments = list_segments(config_.folder);
  if (!segments) return tl::unexpected(segments.error());
  segments_ = std::move(*segments);
  // Made by one who died before its header was synced: nothing was in it yet.
  if (!segments_.empty() && segments_.back().bytes < kSegmentHeaderBytes) {
    const std::string path = config_.folder + "/" + segment_name(segments_.back().first_offset);
    if (::unlink(path.c_str()) != 0) return stop(path + " cannot be removed: " + why());
    end_ = segments_.back().first_offset;
    segments_.pop_back();
  }
  if (!segments_.empty()) {
    if (auto taken = take_up(segments_.back()); !taken) return taken;
  }
  if (segments_.empty() || end_ < config_.least_offset) {
    end_ = std::max(end_, config_.least_offset);
    return roll();
  }
  return {};
}

Result<void> LocalLog::take_up(const Segment& last) {
  auto reader = SegmentReader::open(config_.folder, last.first_offset);
  if (!reader) return tl::unexpected(reader.error());
  for (;;) {
    const auto frame = reader->peek();
    if (!frame) return tl::unexpected(frame.error());
    if (!*frame) break;
    reader->pass();
  }
  end_ = reader->next_offset();
  size_ = reader->position();
  const std::string path = config_.folder + "/" + segment_name(last.first_offset);
  file_ = OpenFile(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  // Synced before it is counted: who wrote it may have died before that.
  if (!file_ || (size_ < last.bytes && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) ||
      ::fsync(file_.get()) != 0) {
    return stop(path + " cannot be written: " + why());
  }
  segments_.back().bytes = size_;
  return {};
}

Result<void> LocalLog::roll() {
  const CrashSpan span(CrashStep::log_roll);
  const std::string path = config_.folder + "/" + segment_name(end_);
  OpenFile file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return retry(path + " cannot be made: " + why());
  if (!write_all(file.get(), segment_header(end_), 0) || ::fdatasync(file.get()) != 0) {
    const std::string because = why();
    ::unlink(path.c_str());
    return retry(path + " cannot be written: " + because);
  }
  if (auto synced = sync_folder(config_.folder); !synced) return synced;
  file_ = std::move(file);
  size_ = kSegmentHeaderBytes;
  const std::lock_guard lock(mutex_);
  segments_.push_back({end_, size_});
  return {};
}

std::int64_t LocalLog::start() const {
  const std::lock_guard lock(mutex_);
  return segments_.front().first_offset;
}

std::int64_t LocalLog::end() const {
  const std::lock_guard lock(mutex_);
  return end_;
}

std::int64_t LocalLog::wait_beyond(std::int64_t offset, Millis wait) const {
  std::unique_lock lock(mutex_);
  written_.wait_for(lock, wait, [&] { return end_ > offset || failure_; });
  return end_;
}

std::optional<std::string> LocalLog::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void LocalLog::fail(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = reason;
}

bool LocalLog::room(std::uint64_t bytes) const {
  struct statvfs status {};
  if (::statvfs(config_.folder.c_str(), &status) != 0) return true;  // then the write says
  return std::uint64_t{status.f_bavail} * status.f_frsize >= config_.reserve + bytes;
}

Result<void> LocalLog::append(std::span<const std::string_view> records) {
  Waiting mine{records, 0, false, std::nullopt};
  for (const auto record : records) {
    if (record.empty() || record.size() > kRecordMax) {
      return reject("a record of " + std::to_string(record.size()) + " bytes: it must have 1 to " +
                    std::to_string(kRecordMax));
    }
    mine.bytes += record.size();
  }
  if (records.empty()) return {};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  while (!mine.done) {
    if (leading_) {
      written_.wait(lock, [&] { return mine.done || !leading_; });
      continue;
    }
    leading_ = true;
    const auto group = take_group();
    lock.unlock();
    const auto done = write(group);
    lock.lock();
    for (Waiting* one : group) {
      one->done = true;
      if (!done) one->error = done.error();
    }
    leading_ = false;
    written_.notify_all();
  }
  if (mine.error) return tl::unexpected(*mine.error);
  return {};
}

// At least one, in the order in which they came.
std::vector<LocalLog::Waiting*> LocalLog::take_group() {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < waiting_.size() && (count == 0 || bytes + waiting_[count]->bytes <= kGroupBytes)) {
    bytes += waiting_[count++]->bytes;
  }
  const auto until = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<Waiting*> group(waiting_.begin(), until);
  waiting_.erase(waiting_.begin(), until);
  return group;
}

Result<void> LocalLog::write(const std::vector<Waiting*>& group) {
  if (const auto failed = failure()) return retry(*failed);
  Frame frame{end_, to_ms(as_event_time(clock_.wall())), {}};
  for (const Waiting* one : group) {
    frame.values.insert(frame.values.end(), one->records.begin(), one->records.end());
  }
  frame_.clear();
  append_frame(frame_, frame);
  if (!room(frame_.size())) {
    return retry("the disk of " + config_.folder + " is full: free some space, then send again");
  }
  if (size_ + frame_.size() > config_.segment_bytes && size_ > kSegmentHeaderBytes) {
    if (auto rolled = roll(); !rolled) {
      if (rolled.error().reaction == Reaction::stop) fail(rolled.error().message);
      return retry(rolled.error().message);
    }
  }
  if (auto written = write_frame(); !written) return written;
  if (frame_.capacity() > kFrameBuffer) frame_ = std::string();
  const std::lock_guard lock(mutex_);
  end_ += static_cast<std::int64_t>(frame.values.size());
  segments_.back().bytes = size_;
  return {};
}

Result<void> LocalLog::write_frame() {
  {
    const CrashSpan span(CrashStep::log_append);
    if (!write_all(file_.get(), frame_, size_)) {
      const std::string reason = config_.folder + " cannot be written: " + why();
      // Else the next frame would stand behind half of this one, as if that had been durable.
      if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) fail(reason);
      return retry(reason);
    }
  }
  const CrashSpan span(CrashStep::log_sync);
  if (::fdatasync(file_.get()) != 0) {
    // What of it is on the disk is unknown until it is opened anew: a second sync would lie.
    const std::string reason = config_.folder + " cannot be synced: " + why();
    fail(reason);
    return retry(reason);
  }
  size_ += frame_.size();
  return {};
}

void LocalLog::counted(std::int64_t next_offset) {
  std::vector<Segment> gone;
  {
    const std::lock_guard lock(mutex_);
    const bool full = !room(0);
    std::size_t done = 0;  // segments that are counted; the last one is written to
    std::uint64_t bytes = 0;
    while (done + 1 < segments_.size() && segments_[done + 1].first_offset <= next_offset) {
      bytes += segments_[done++].bytes;
    }
    std::size_t count = 0;
    while (count < done && (full || bytes > config_.kept_bytes)) bytes -= segments_[count++].bytes;
    const auto until = segments_.begin() + static_cast<std::ptrdiff_t>(count);
    gone.assign(segments_.begin(), until);
    segments_.erase(segments_.begin(), until);
  }
  for (const Segment& segment : gone) {
    const CrashSpan span(CrashStep::log_delete);
    ::unlink((config_.folder + "/" + segment_name(segment.first_offset)).c_str());
  }
}

}  // namespace tocsin
