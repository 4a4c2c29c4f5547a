// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "file/byte_stream.h"
#include "tocsin/result.h"

namespace tocsin {

// Lines longer than `max` are cut to `kept` bytes. Of events that is one more than a record may
// have, so that such a line is set aside as too large rather than decoded.
struct LineLimits {
  std::size_t max = 5 << 20;
  std::size_t kept = (1 << 20) + 1;
};

struct Line {
  std::int64_t number = 0;  // from 0
  std::string_view text;    // without its end ("\n" or "\r\n"), and without a byte order mark
};

// Cuts a stream into lines. One thread.
class LineReader {
 public:
  explicit LineReader(ByteStream stream, LineLimits limits = {})
      : limits_(limits), stream_(std::move(stream)) {}

  // The next whole line that is buffered; its text lives until fill().
  std::optional<Line> next();
  // Reads on. False: there is nothing now, and never if stream().ended(). reject: as the stream's.
  Result<bool> fill();
  // The last line, if it has no end yet; as a line of its own, whose end may still come. Call when
  // fill() found nothing.
  std::optional<Line> rest();
  std::size_t rest_size() const { return end_ - begin_; }

  std::int64_t next_number() const { return number_; }
  const ByteStream& stream() const { return stream_; }

 private:
  Line line(std::size_t end);
  void make_room();
  void discard(std::size_t count);
  void skip_late_end();

  LineLimits limits_;
  ByteStream stream_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;  // no line end before it
  std::size_t end_ = 0;
  std::int64_t number_ = 0;
  bool discarding_ = false;  // within a line that is too long; its kept part is [begin_, end_)
  bool cut_ = false;         // the line at begin_ lost its tail
  bool late_end_ = false;    // rest() was handed out; its line end may come
};

}  // namespace tocsin
