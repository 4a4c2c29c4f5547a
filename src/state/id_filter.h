// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "hash/fingerprint.h"
#include "tocsin/decimal.h"

namespace tocsin {

// Which of `parts` equal parts of all 64-bit numbers holds this one.
inline std::size_t part_of(std::uint64_t number, std::size_t parts) {
  return static_cast<std::size_t>(uint128{number} * parts >> 64);
}

// A Bloom filter over prints, which are its hashes: eight bits a print, all in one cache line, so
// that a probe costs one miss. Full, it says "perhaps" of one print in a thousand that it does not
// hold. Lines follow the print's high half: prints in different ones of its kParts parts share no
// line, so each part may have a lock of its own. Not thread-safe else.
class IdFilter {
 public:
  static constexpr std::size_t kBytesPerId = 2;
  static constexpr std::size_t kParts = 64;

  // The bits of a print, the same in every filter.
  class Mask {
   public:
    explicit Mask(const Fingerprint& print) {
      std::uint64_t bits = print.low >> 16;
      for (auto& word : words_) {
        word = std::uint64_t{1} << (bits & 63);
        bits >>= 6;
      }
    }

   private:
    friend class IdFilter;
    std::array<std::uint64_t, 8> words_;
  };

  explicit IdFilter(std::size_t ids) : lines_(lines_for(ids)) {}

  void prefetch(const Fingerprint& print) const { __builtin_prefetch(&lines_[line_of(print)]); }
  bool may_hold(const Fingerprint& print, const Mask& mask) const {
    const Line& line = lines_[line_of(print)];
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < kWords; ++i) missing |= mask.words_[i] & ~line.words[i];
    return missing == 0;
  }
  void add(const Fingerprint& print) {
    const Mask mask(print);
    Line& line = lines_[line_of(print)];
    for (std::size_t i = 0; i < kWords; ++i) line.words[i] |= mask.words_[i];
  }

  static std::size_t bytes_for(std::size_t ids) { return lines_for(ids) * sizeof(Line); }
  std::size_t bytes() const { return lines_.size() * sizeof(Line); }

  // Its words one after the other, for storing them.
  std::size_t words() const { return lines_.size() * kWords; }
  std::uint64_t word(std::size_t i) const { return lines_[i / kWords].words[i % kWords]; }
  void set_word(std::size_t i, std::uint64_t word) { lines_[i / kWords].words[i % kWords] = word; }

 private:
  static constexpr std::size_t kWords = 8;
  struct alignas(64) Line {
    std::array<std::uint64_t, kWords> words{};
  };

  static std::size_t lines_for(std::size_t ids) {
    return (ids * kBytesPerId / sizeof(Line) + kParts) / kParts * kParts;
  }
  std::size_t line_of(const Fingerprint& print) const { return part_of(print.high, lines_.size()); }

  std::pmr::vector<Line> lines_;
};

}  // namespace tocsin
