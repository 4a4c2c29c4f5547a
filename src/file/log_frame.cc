// SPDX-License-Identifier: Apache-2.0
#include "file/log_frame.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>

#include "file/crc32c.h"

namespace tocsin {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kTitle("tocsin log 1\n\0\0\0", 16);
constexpr std::string_view kEnding = ".log";
constexpr std::size_t kNameDigits = 20;
constexpr std::uint32_t kMagic = 0x676f6c74;  // "tlog"
constexpr std::size_t kChecked = 8;           // from here on the checksum holds

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

}  // namespace

std::string segment_name(std::int64_t first_offset) {
  const std::string digits = std::to_string(first_offset);
  return std::string(kNameDigits - digits.size(), '0') + digits + std::string(kEnding);
}

std::optional<std::int64_t> segment_offset(std::string_view name) {
  if (name.size() != kNameDigits + kEnding.size() || !name.ends_with(kEnding)) return std::nullopt;
  std::int64_t offset = 0;
  const char* const end = name.data() + kNameDigits;
  const auto [rest, error] = std::from_chars(name.data(), end, offset);
  if (error != std::errc{} || rest != end || offset < 0) return std::nullopt;
  return offset;
}

std::string segment_header(std::int64_t first_offset) {
  std::string header(kTitle);
  put(header, first_offset);
  put(header, crc32c(header));
  put(header, std::uint32_t{0});
  return header;
}

std::optional<std::int64_t> parse_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kTitle)) return std::nullopt;
  const auto first = get<std::int64_t>(bytes, kTitle.size());
  if (first < 0 || bytes.substr(0, kSegmentHeaderBytes) != segment_header(first)) {
    return std::nullopt;
  }
  return first;
}

void append_frame(std::string& out, const Frame& frame) {
  const std::size_t start = out.size();
  std::size_t length = 0;
  for (const auto value : frame.values) length += sizeof(std::uint32_t) + value.size();
  out.reserve(start + kFrameHeaderBytes + length);
  put(out, kMagic);
  put(out, std::uint32_t{0});
  put(out, static_cast<std::uint32_t>(length));
  put(out, static_cast<std::uint32_t>(frame.values.size()));
  put(out, frame.first_offset);
  put(out, frame.time);
  for (const auto value : frame.values) {
    put(out, static_cast<std::uint32_t>(value.size()));
    out += value;
  }
  const std::uint32_t crc = crc32c(std::string_view(out).substr(start + kChecked));
  std::memcpy(out.data() + start + sizeof kMagic, &crc, sizeof crc);
}

std::optional<std::size_t> frame_size(std::string_view header) {
  if (header.size() < kFrameHeaderBytes || get<std::uint32_t>(header, 0) != kMagic) {
    return std::nullopt;
  }
  const std::size_t size = kFrameHeaderBytes + get<std::uint32_t>(header, 8);
  if (size > kFrameMax) return std::nullopt;
  return size;
}

std::optional<Frame> parse_frame(std::string_view bytes) {
  if (frame_size(bytes) != bytes.size() ||
      crc32c(bytes.substr(kChecked)) != get<std::uint32_t>(bytes, 4)) {
    return std::nullopt;
  }
  const auto records = get<std::uint32_t>(bytes, 12);
  Frame frame{get<std::int64_t>(bytes, 16), get<std::int64_t>(bytes, 24), {}};
  std::string_view rest = bytes.substr(kFrameHeaderBytes);
  // A checksum that is right by chance must not have us reserve for four billion records.
  frame.values.reserve(std::min<std::size_t>(records, rest.size() / sizeof(std::uint32_t)));
  while (!rest.empty()) {
    if (rest.size() < sizeof(std::uint32_t)) return std::nullopt;
    const auto size = get<std::uint32_t>(rest, 0);
    rest.remove_prefix(sizeof size);
    if (size > rest.size()) return std::nullopt;
    frame.values.push_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  const bool whole = frame.values.size() == records && records > 0 && frame.first_offset >= 0 &&
                     frame.first_offset <= std::numeric_limits<std::int64_t>::max() - records;
  if (!whole) return std::nullopt;
  return frame;
}

}  // namespace tocsin
