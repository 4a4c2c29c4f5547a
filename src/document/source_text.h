// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"

namespace tocsin {

// The largest YAML file that is read.
inline constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20;

// A place in a text: line and column from 1, columns in characters.
struct Place {
  int line = 1;
  int column = 1;
};

// A file's text as we read it: strict UTF-8, lines end in LF, no byte order mark, no control
// characters; and where in it things stand. Immutable.
class SourceText {
 public:
  // Nothing, and an error added, if the bytes are no such text or more than `bytes_max`.
  static std::optional<SourceText> read(std::string file, std::string_view bytes,
                                        Diagnostics& diagnostics,
                                        std::size_t bytes_max = kYamlBytesMax);

  const std::string& file() const { return file_; }
  const std::string& text() const { return text_; }
  std::size_t lines() const { return line_starts_.size(); }

  Place place(std::size_t offset) const;
  // Without its line end. `number` from 1; empty beyond the last.
  std::string_view line(int number) const;
  // The first byte of a line.
  std::size_t line_start(int number) const;

  // What a line of this file looks like in an error, if not like itself: secrets are stars, one a
  // character. A message that quotes what is hidden is replaced by one that does not.
  using Mask = std::function<std::string(const SourceText&, int line)>;
  void set_mask(Mask mask) { mask_ = std::move(mask); }

  // An error about `bytes` bytes at `offset` (cut at the end of the line).
  Diagnostic error(std::size_t offset, std::size_t bytes, std::string message,
                   std::string hint = {}) const;

 private:
  SourceText(std::string file, std::string text);

  std::string file_;
  std::string text_;
  std::vector<std::size_t> line_starts_;
  Mask mask_;
};

}  // namespace tocsin
