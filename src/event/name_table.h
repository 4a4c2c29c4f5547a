// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "event/texts.h"

namespace tocsin::wire {

// A name of a field, ready to be looked up in any case: its ASCII letters lowered, eight to a
// word. Names of more than kNameMax bytes are in no table.
inline constexpr std::size_t kNameMax = 32;
inline constexpr std::size_t kOverread = 8;  // bytes that must be readable after a name

static_assert(std::endian::native == std::endian::little, "words are made by loads");

struct Name {
  std::string_view text;
  std::array<std::uint64_t, kNameMax / 8> words{};

  Name() = default;
  // kOverread bytes after `name` must be readable.
  explicit Name(std::string_view name) : text(name) {
    if (name.size() > kNameMax) return;
    for (std::size_t i = 0; i < name.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, name.data() + i, 8);
      if (name.size() - i < 8) word &= (std::uint64_t{1} << (8 * (name.size() - i))) - 1;
      words[i / 8] = lowered(word);
    }
  }

 private:
  static std::uint64_t lowered(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    const std::uint64_t low = word & (kOnes * 0x7F);
    const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
    const std::uint64_t after_z = low + kOnes * (0x80 - 'Z' - 1);
    const std::uint64_t upper = from_a & ~after_z & ~word & (kOnes * 0x80);
    return word | (upper >> 2);
  }
};

// From a name to what it means; made at compile time. Field{} stands for "unknown".
template <class Field>
class NameTable {
 public:
  struct Entry {
    std::string_view name;  // lower-case, at most kNameMax bytes
    Field field{};
  };

  constexpr NameTable(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) {
      Slot made;
      made.size = entry.name.size();
      made.field = entry.field;
      for (std::size_t i = 0; i < entry.name.size(); ++i) {
        made.words[i / 8] |= std::uint64_t{static_cast<unsigned char>(entry.name[i])}
                             << (8 * (i % 8));
      }
      std::size_t slot = start(made.words, made.size);
      while (slots_[slot].size != 0) slot = (slot + 1) % kSlots;
      slots_[slot] = made;
    }
  }

  Field find(const Name& name) const {
    const std::size_t size = name.text.size();
    if (size == 0 || size > kNameMax) return Field{};
    for (std::size_t slot = start(name.words, size); slots_[slot].size != 0;
         slot = (slot + 1) % kSlots) {
      if (slots_[slot].size == size && slots_[slot].words == name.words) return slots_[slot].field;
    }
    return Field{};
  }

 private:
  static constexpr std::size_t kSlots = 128;
  using Words = std::array<std::uint64_t, kNameMax / 8>;

  struct Slot {
    Words words{};
    std::size_t size = 0;
    Field field{};
  };

  static constexpr std::size_t start(const Words& words, std::size_t size) {
    const std::uint64_t mixed =
        (words[0] ^ (words[1] << 3) ^ (words[2] << 7) ^ size) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(mixed >> 57);
  }

  std::array<Slot, kSlots> slots_{};
};

}  // namespace tocsin::wire
