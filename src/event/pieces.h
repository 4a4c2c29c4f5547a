// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

// A body that came in one piece, as records that each can be read by itself.
class Pieces {
 public:
  struct Piece {
    std::string_view bytes;         // of the body, or of ours
    std::size_t first_element = 0;  // of an array or of lines: how many are before it
  };

  // Of at most `max` bytes each. A body that is no larger stays as it came, whatever it is. Larger,
  // it is cut between the elements of an array, lines of objects, or the resources, scopes and
  // spans of OTLP; texts of over 4 KiB within a single element that is too large are emptied, for
  // they are prompts and answers. Nothing: even so a part of it is too large. `body` outlives us.
  static std::optional<Pieces> cut(std::string_view body, std::size_t max);

  const std::vector<Piece>& all() const { return pieces_; }

 private:
  std::deque<std::string> made_;
  std::vector<Piece> pieces_;
};

}  // namespace tocsin
