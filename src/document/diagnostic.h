// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tocsin {

// Something wrong in a file, for the person who wrote it.
struct Diagnostic {
  enum class Level { error, warning };

  Level level = Level::error;
  std::string file;
  int line = 0;             // from 1; 0: the file as a whole
  int column = 0;           // in characters, from 1
  int length = 1;           // of the offending text, in characters
  std::string message;      // one line
  std::string hint;         // what to write instead; may be empty
  std::string source_line;  // the line it stands on, secrets hidden
};
using Diagnostics = std::vector<Diagnostic>;

// Whoever adds errors of files stops at this many (and as many warnings), for a hostile file could
// hold hundreds of thousands. True: no more of the level.
inline constexpr std::size_t kDiagnosticsMax = 200;
bool is_full(const Diagnostics& diagnostics, Diagnostic::Level level);

// An error about a file as a whole.
Diagnostic file_error(std::string file, std::string message, std::string hint = {});

bool has_errors(const Diagnostics& diagnostics);

// "file:line:column: error: message", the line it stands on and a caret with the hint; no line end
// after the last line.
std::string render(const Diagnostic& diagnostic);

// By file as they come, line and column; what says the same of the same place is kept once.
void sort_and_unite(Diagnostics& diagnostics);

}  // namespace tocsin
