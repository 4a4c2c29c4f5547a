// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>
#include <type_traits>

#include "event/texts.h"
#include "tocsin/ascii.h"

namespace tocsin::wire {

static_assert(std::endian::native == std::endian::little, "words are made by loads");

// A name of a field and its first and last eight bytes, which may overlap, to compare it by; of a
// shorter one what these words hold depends on its bytes alone. No byte outside of it is read.
struct Name {
  std::string_view text;
  std::uint64_t head = 0;
  std::uint64_t tail = 0;

  Name() = default;
  explicit constexpr Name(std::string_view name) : text(name) {
    const char* const p = name.data();
    const std::size_t size = name.size();
    if (size >= 8) {
      head = load(p, 8);
      tail = load(p + size - 8, 8);
    } else if (size >= 4) {
      head = load(p, 4);
      tail = load(p + size - 4, 4);
    } else if (size > 0) {
      head = load(p, 1) | load(p + size / 2, 1) << 8 | load(p + size - 1, 1) << 16;
    }
  }

  // With the ASCII letters of both words lowered.
  constexpr Name lowered() const {
    Name low = *this;
    low.head = lowered(head);
    low.tail = lowered(tail);
    return low;
  }
  // All there is to see of a name in its words?
  constexpr bool is_short() const { return text.size() <= 16; }

 private:
  // No template: clang doesn't make one in time for tables of the same file.
  [[gnu::always_inline]] static constexpr std::uint64_t load(const char* p, std::size_t size) {
    std::uint64_t word = 0;
    if (std::is_constant_evaluated()) {
      for (std::size_t i = 0; i < size; ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
      }
    } else {
      std::memcpy(&word, p, size);
    }
    return word;
  }

  static constexpr std::uint64_t lowered(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    const std::uint64_t low = word & (kOnes * 0x7F);
    const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
    const std::uint64_t after_z = low + kOnes * (0x80 - 'Z' - 1);
    const std::uint64_t upper = from_a & ~after_z & ~word & (kOnes * 0x80);
    return word | (upper >> 2);
  }
};

// Equal but for the case of ASCII letters, of two lowered names.
inline bool same(const Name& a, const Name& b) {
  return a.text.size() == b.text.size() && a.head == b.head && a.tail == b.tail &&
         (a.is_short() || same_name(a.text, b.text));
}

// From a name, in any case, to what it means; made at compile time, so that each of its names has a
// slot of its own. Field{} stands for "unknown".
template <class Field>
class NameTable {
 public:
  struct Entry {
    std::string_view name;  // lower-case
    Field field{};
  };

  constexpr NameTable(std::initializer_list<Entry> entries) {
    for (seed_ = 1; !fits(entries); seed_ += 2) {
    }
    std::uint8_t row = 0;
    for (const Entry& entry : entries) {
      rows_[++row] = {Name(entry.name), entry.field};
      places_[place(rows_[row].name)] = row;
    }
  }

  [[gnu::always_inline]] Field find(const Name& name) const { return row_of(name).field; }

  // From 1, each name's own, below 64; 0: none of ours.
  std::size_t row(const Name& name) const {
    return static_cast<std::size_t>(&row_of(name) - rows_.data());
  }

 private:
  static constexpr std::size_t kPlaces = 128;
  static constexpr std::size_t kRows = 40;

  struct Row {
    Name name;
    Field field{};
  };

  [[gnu::always_inline]] const Row& row_of(const Name& name) const {
    const Row& row = rows_[places_[place(name)]];
    const bool is = row.name.text.size() == name.text.size() &&
                    ((row.name.head == name.head && row.name.tail == name.tail) ||
                     is_lowered(row.name, name)) &&
                    (name.is_short() || same_name(row.name.text, name.text));
    return is ? row : rows_[0];
  }

  static bool is_lowered(const Name& row, const Name& name) {
    const Name low = name.lowered();
    return row.head == low.head && row.tail == low.tail;
  }

  // Of names that differ only in the case of letters the same.
  constexpr std::size_t place(const Name& name) const {
    constexpr std::uint64_t kCase = 0x2020202020202020ULL;
    const std::uint64_t mixed =
        (name.head | kCase) ^ std::rotl(name.tail | kCase, 27) ^ name.text.size();
    return static_cast<std::size_t>((mixed * (seed_ * 0x9E3779B97F4A7C15ULL)) >> 57);
  }

  constexpr bool fits(std::initializer_list<Entry> entries) const {
    std::array<bool, kPlaces> taken{};
    for (const Entry& entry : entries) {
      bool& here = taken[place(Name(entry.name))];
      if (here) return false;
      here = true;
    }
    return true;
  }

  std::uint64_t seed_ = 1;         // odd
  std::array<Row, kRows> rows_{};  // the first has an empty name and stands for all others
  std::array<std::uint8_t, kPlaces> places_{};
};

}  // namespace tocsin::wire
