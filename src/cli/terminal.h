// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tocsin {

enum class Paint : std::uint8_t { plain, bold, dim, red, yellow, green, blue };

// What a stream of ours can show, asked once: a pipe, a dumb terminal and NO_COLOR get plain text,
// and nothing is ever drawn over in what is not a terminal.
class Terminal {
 public:
  // Of standard output or standard error, by file descriptor.
  static Terminal of(int descriptor);

  bool is_terminal() const { return is_terminal_; }
  // Columns; 80 where nobody can say.
  std::size_t width() const { return width_; }
  // Lines; 24 where nobody can say.
  std::size_t height() const { return height_; }
  // `text` in that paint; as it is where there is no colour.
  std::string painted(Paint paint, std::string_view text) const;

 private:
  bool is_terminal_ = false;
  bool has_colour_ = false;
  std::size_t width_ = 80;
  std::size_t height_ = 24;
};

// "━━━━━━━━────": `cells` wide, filled to `permille` thousandths and never full before 1000.
std::string progress_bar(std::int64_t permille, std::size_t cells);

// The columns that UTF-8 text takes on a terminal: wide characters two, combining ones none.
std::size_t columns_of(std::string_view utf8);
// `text` with blanks up to `columns`, behind it or before it.
std::string padded(std::string_view utf8, std::size_t columns);
std::string padded_left(std::string_view utf8, std::size_t columns);
// `text` if it takes no more than `columns`, else its beginning and "…".
std::string clipped(std::string_view utf8, std::size_t columns);

}  // namespace tocsin
