// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tocsin/decimal.h"

namespace tocsin {

// What is stored, as bytes: varints (7 bits a byte, low first), zigzag for signed ones, texts with
// their length before them.
class RowWriter {
 public:
  explicit RowWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void number(std::uint64_t value) { wide(value); }
  void signed_number(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  void amount(int128 value) {
    wide((static_cast<uint128>(value) << 1) ^ static_cast<uint128>(value >> 127));
  }
  // Eight bytes, low first.
  void fixed(std::uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value & 0xff);
      value >>= 8;
    }
    out_.append(bytes, sizeof bytes);
  }
  // Two, low first.
  void fixed16(std::uint16_t value) {
    byte(static_cast<std::uint8_t>(value & 0xff));
    byte(static_cast<std::uint8_t>(value >> 8));
  }
  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }

 private:
  template <class T>
  void wide(T value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>((value & 0x7f) | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }

  std::string& out_;
};

// Reads what RowWriter wrote. After the first thing that cannot be read, ok() is false and all
// reads answer zero: check once, at the end.
class RowReader {
 public:
  explicit RowReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool done() const { return at_ == bytes_.size(); }
  std::string_view rest() const { return bytes_.substr(at_); }

  std::uint8_t byte() {
    if (at_ >= bytes_.size()) return fail<std::uint8_t>();
    return static_cast<std::uint8_t>(bytes_[at_++]);
  }
  std::uint64_t number() { return wide<std::uint64_t>(); }
  std::int64_t signed_number() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
  }
  int128 amount() {
    const uint128 value = wide<uint128>();
    return static_cast<int128>((value >> 1) ^ (uint128{0} - (value & 1)));
  }
  std::uint64_t fixed() {
    if (bytes_.size() - at_ < 8) return fail<std::uint64_t>();
    std::uint64_t value = 0;
    for (unsigned i = 0; i < 8; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(bytes_[at_ + i])} << (8 * i);
    }
    at_ += 8;
    return value;
  }
  std::uint16_t fixed16() {
    const std::uint16_t low = byte();
    return static_cast<std::uint16_t>(byte() << 8 | low);
  }
  // A view into the bytes read from.
  std::string_view text() {
    const std::uint64_t size = number();
    if (size > bytes_.size() - at_) return fail<std::string_view>();
    const std::string_view value = bytes_.substr(at_, size);
    at_ += size;
    return value;
  }

 private:
  template <class T>
  T fail() {
    ok_ = false;
    at_ = bytes_.size();
    return T{};
  }
  template <class T>
  T wide() {
    T value = 0;
    for (unsigned shift = 0; shift < sizeof(T) * 8; shift += 7) {
      const std::uint8_t next = byte();
      value |= static_cast<T>(next & 0x7f) << shift;
      if (next < 0x80) return value;
    }
    return fail<T>();
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tocsin
