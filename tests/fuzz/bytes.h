// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tocsin/decimal.h"

namespace tocsin::fuzz {

// Values out of a fuzzer's bytes, from the front on. When they are used up all is zero and empty.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size)
      : left_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return left_.empty(); }
  std::string_view rest() const { return left_; }

  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return value;
  }
  bool flag() { return (byte() & 1) != 0; }
  // From 0 to `most`.
  std::size_t below(std::size_t end) { return end == 0 ? 0 : byte() % end; }
  // Of any size: how many bytes follow is in the first.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned left = byte() % 9; left > 0; --left) value = value << 8 | byte();
    return value;
  }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
  }
  int128 amount() {
    const uint128 value = static_cast<uint128>(number()) << 64 | number();
    return static_cast<int128>((value >> 1) ^ (uint128{0} - (value & 1)));
  }
  // At most `most` bytes, its length before it.
  std::string text(std::size_t most = 255) {
    const std::size_t size = std::min<std::size_t>({byte(), most, left_.size()});
    std::string value(left_.substr(0, size));
    left_.remove_prefix(size);
    return value;
  }
  // What stands before the next zero byte.
  std::string line() {
    const std::size_t size = std::min(left_.find('\0'), left_.size());
    std::string value(left_.substr(0, size));
    left_.remove_prefix(std::min(size + 1, left_.size()));
    return value;
  }

 private:
  std::string_view left_;
};

}  // namespace tocsin::fuzz
