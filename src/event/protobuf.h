// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace tocsin::wire {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

struct ProtoField {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;  // of a varint and of fixed ones
  std::string_view bytes;   // of a text, bytes or a message

  bool is(std::uint32_t wanted, WireType as) const { return number == wanted && type == as; }
};

// Walks the fields of one message, as they lie in its bytes: nothing is copied, nothing beyond them
// is read, and no message within is entered. What no encoder writes is broken: a field cut short, a
// varint of more than 64 bits, the number 0, a group (which are no more) and unknown wire types.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  // False: the message has ended, or is broken().
  bool next(ProtoField& field) {
    if (at_ == end_) return false;
    std::uint64_t tag = 0;
    if (!varint(tag) || tag >> 3 == 0 || tag >> 32 != 0) return fail();
    field.number = static_cast<std::uint32_t>(tag >> 3);
    switch (tag & 7) {
      case 0: field.type = WireType::varint; return varint(field.value) || fail();
      case 1: field.type = WireType::fixed64; return fixed(8, field.value) || fail();
      case 2: field.type = WireType::bytes; return bytes(field.bytes) || fail();
      case 5: field.type = WireType::fixed32; return fixed(4, field.value) || fail();
      default: return fail();
    }
  }
  bool broken() const { return broken_; }
  const char* at() const { return at_; }

 private:
  bool fail() {
    broken_ = true;
    end_ = at_;
    return false;
  }

  bool varint(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at_++);
      if (shift == 63 && byte > 1) return false;
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool fixed(std::size_t size, std::uint64_t& value) {
    if (static_cast<std::size_t>(end_ - at_) < size) return false;
    value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(at_[i])} << (8 * i);
    }
    at_ += size;
    return true;
  }

  bool bytes(std::string_view& out) {
    std::uint64_t size = 0;
    if (!varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) return false;
    out = {at_, static_cast<std::size_t>(size)};
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
  bool broken_ = false;
};

}  // namespace tocsin::wire
