// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tocsin/decimal.h"
#include "tocsin/time.h"

namespace tocsin {

// A group in a calendar window in which its budget changes. Each part of the window is judged by
// the budget in force in it, and by what the window had come to by its end: so what rings depends
// on the events alone, in whatever order they come.
class GroupParts {
 public:
  struct Part {
    EventTime end{};
    int128 total = 0;  // of the window up to `end`
    std::int64_t requests = 0;

    friend bool operator==(const Part&, const Part&) = default;
  };
  // A rung that was told, by the amount at which it was.
  struct Told {
    unsigned bit = 0;  // RungBits
    int128 amount = 0;

    friend bool operator==(const Told&, const Told&) = default;
  };

  // The window's end and the changes before it, rising, as they are now. A part that is new has
  // what was counted up to the end of the one that it was part of; the first time, `before`.
  void divide(const std::vector<EventTime>& ends, const Part& before);
  // What an event at `at` adds.
  void add(EventTime at, int128 amount, std::int64_t requests);
  // False: it was told before.
  bool tell(unsigned bit, int128 amount);
  bool was_told(unsigned bit, int128 amount) const;

  const std::vector<Part>& parts() const { return parts_; }
  bool told_any() const { return !told_.empty(); }

  std::string encode() const;
  static bool decode(std::string_view bytes, GroupParts& parts);

  friend bool operator==(const GroupParts&, const GroupParts&) = default;

 private:
  std::vector<Part> parts_;
  std::vector<Told> told_;
};

}  // namespace tocsin
