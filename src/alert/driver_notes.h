// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "alert/fold.h"
#include "tocsin/alert.h"
#include "tocsin/decimal.h"

namespace tocsin {

inline constexpr std::size_t kDriverFields = kDriverFieldNames.size();

// What some requests of a batch say of what drives the cells of its Fold. One thread.
class DriverNotes {
 public:
  // As Fold.
  explicit DriverNotes(std::uint64_t seed) : values_(seed) {}

  using Value = std::uint32_t;  // its number in the batch; 0: none
  struct Note {
    std::uint32_t cell = 0;  // index of its delta
    bool sampled = false;    // it stands for more requests than one
    std::array<Value, kDriverFields> values{};
    int128 amount = 0;
  };

  Value value(std::string_view text) {
    if (text.empty()) return 0;
    Delta cell;
    cell.group = text;
    return values_.add(cell) + 1;
  }
  void add(const Note& note) { notes_.push_back(note); }

  std::span<const Note> notes() const { return notes_; }
  std::size_t values() const { return values_.deltas().size(); }
  std::string_view text(Value value) const { return values_.deltas()[value - 1].group; }
  void clear() {
    values_.clear();
    notes_.clear();
  }

 private:
  Fold values_;  // each a cell of its own
  std::vector<Note> notes_;
};

}  // namespace tocsin
