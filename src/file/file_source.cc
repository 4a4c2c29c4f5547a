// SPDX-License-Identifier: Apache-2.0
#include "file/file_source.h"

#include <poll.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>

namespace tocsin {
namespace {

using Kind = SourceNotice::Kind;

constexpr Millis kRestQuiet{1000};
// Of reads in one poll that find nothing to hand out, when lines counted before are skipped.
constexpr int kReadsMax = 256;
constexpr std::string_view kDecide =
    "; nothing more of it is counted: bring the old file back, or start with a new state.path";

std::uint64_t hash_of(std::string_view line) { return XXH3_64bits(line.data(), line.size()); }

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t") == text.npos; }

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::open(FileConfig config,
                                                     std::optional<Position> position,
                                                     const Clock& clock) {
  auto stream = ByteStream::open(config.path);
  if (!stream) return tl::unexpected(stream.error());
  return std::unique_ptr<FileSource>(
      new FileSource(std::move(config), position, clock, std::move(*stream)));
}

FileSource::FileSource(FileConfig config, std::optional<Position> position, const Clock& clock,
                       ByteStream stream)
    : config_(std::move(config)),
      clock_(clock),
      start_(position.value_or(Position{})),
      lines_(std::move(stream)),
      begun_(position.has_value()) {}

Result<std::span<const Record>> FileSource::poll(unsigned worker, std::size_t max, Millis wait,
                                                 std::vector<SourceNotice>& notices) {
  if (worker != 0 || halted_) {
    ::poll(nullptr, 0, static_cast<int>(wait.count()));
    return std::span<const Record>();
  }
  if (!begun_)
    notices.push_back(source_notice(Kind::begins, 0, 0, config_.path + " is read from its start"));
  begun_ = true;
  records_.clear();
  take_lines(max, notices);
  if (records_.empty() && !halted_) read_on(max, wait, notices);
  return std::span<const Record>(records_);
}

void FileSource::take_lines(std::size_t max, std::vector<SourceNotice>& notices) {
  while (records_.size() < max && !halted_) {
    const auto line = lines_.next();
    if (!line) return;
    take(*line, notices);
  }
}

void FileSource::take(const Line& line, std::vector<SourceNotice>& notices) {
  if (line.number < start_.next_offset) {
    if (line.number == start_.last_offset && hash_of(line.text) != start_.last_record_hash) {
      halt(config_.path + " was rewritten: line " + std::to_string(line.number + 1) +
               " is not the one counted before" + std::string(kDecide),
           notices);
    }
    return;
  }
  told_end_ = false;
  if (is_blank(line.text)) return;
  Record record;
  record.offset = line.number;
  record.has_timestamp = false;
  record.hash = hash_of(line.text);
  record.value = line.text;
  records_.push_back(record);
}

// Reading moves the buffer, so it is done only while nothing was handed out of it.
void FileSource::read_on(std::size_t max, Millis wait, std::vector<SourceNotice>& notices) {
  bool waited = false;
  for (int reads = 0; records_.empty() && !halted_ && reads < kReadsMax; ++reads) {
    if (!lines_.stream().ended() && !lines_.stream().wait(Millis{0})) {
      if (at_end(notices)) return;
      if (waited || !lines_.stream().wait(wait)) return;
      waited = true;
    }
    const auto more = lines_.fill();
    if (config_.bytes_read != nullptr) *config_.bytes_read = lines_.stream().raw_read();
    if (!more) return halt(more.error().message + std::string(kDecide), notices);
    if (*more) {
      take_lines(max, notices);
      continue;
    }
    if (at_end(notices) || waited || !lines_.stream().wait(wait)) return;
    waited = true;
  }
}

// Nothing can be read now. Whether there is something to hand out all the same.
bool FileSource::at_end(std::vector<SourceNotice>& notices) {
  const ByteStream& stream = lines_.stream();
  const bool may_grow = !stream.ended() && (config_.follow || !stream.regular());
  if (lines_.rest_size() > 0) {
    // A pipe's writer ends its line, or the pipe; a file's may have forgotten it.
    if (may_grow && !(stream.regular() && rest_is_quiet())) return false;
    if (const auto rest = lines_.rest()) take(*rest, notices);
    if (!records_.empty() || halted_) return true;
  }
  if (lines_.next_number() < start_.next_offset && (stream.regular() || stream.ended())) {
    halt(config_.path + " has only " + std::to_string(lines_.next_number()) + " lines, but " +
             std::to_string(start_.next_offset) + " were counted before" + std::string(kDecide),
         notices);
    return true;
  }
  if (may_grow) {
    if (const auto trouble = stream.trouble()) {
      halt(*trouble + std::string(kDecide), notices);
      return true;
    }
  }
  if (told_end_ || (config_.ends && may_grow)) return false;
  told_end_ = true;
  notices.push_back(
      source_notice(config_.ends ? Kind::ended : Kind::at_end, 0, lines_.next_number(), {}));
  return true;
}

bool FileSource::rest_is_quiet() {
  const auto now = clock_.monotonic();
  if (lines_.rest_size() != rest_size_) {
    rest_size_ = lines_.rest_size();
    rest_since_ = now;
  }
  return now - rest_since_ >= kRestQuiet;
}

void FileSource::halt(std::string text, std::vector<SourceNotice>& notices) {
  halted_ = true;
  notices.push_back(source_notice(Kind::halted, 0, lines_.next_number(), std::move(text)));
}

}  // namespace tocsin
