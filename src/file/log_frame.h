// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// The bytes of the local log (docs/formats/local-log.md). All numbers are little-endian.

inline constexpr std::size_t kSegmentHeaderBytes = 32;
inline constexpr std::size_t kFrameHeaderBytes = 32;
// Of a frame with its header; what says it is larger is none.
inline constexpr std::size_t kFrameMax = std::size_t{48} << 20;

std::string segment_name(std::int64_t first_offset);  // "00000000000000000000.log"
// The offset that the name says; nothing for other files' names.
std::optional<std::int64_t> segment_offset(std::string_view name);

std::string segment_header(std::int64_t first_offset);
// The first offset; nothing: this is no header of a segment.
std::optional<std::int64_t> parse_segment_header(std::string_view bytes);

// What one write to the log holds: whatever of it is there without a good checksum was never
// answered, or is damaged.
struct Frame {
  std::int64_t first_offset = 0;
  std::int64_t time = 0;  // when it was written, ms since 1970
  std::vector<std::string_view> values;
};

// Appends the frame to `out`.
void append_frame(std::string& out, const Frame& frame);

// The bytes of the frame that begins at `header`, of which kFrameHeaderBytes are there; nothing: it
// is none.
std::optional<std::size_t> frame_size(std::string_view header);
// The frame that `bytes` are, from the first to the last; nothing: they are none. Values point into
// `bytes`.
std::optional<Frame> parse_frame(std::string_view bytes);

}  // namespace tocsin
