// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "document/source_text.h"

namespace tocsin {

// The largest table that is read.
inline constexpr std::size_t kCsvBytesMax = std::size_t{16} << 20;

struct CsvField {
  std::string text;        // without quotes; blanks around unquoted text are no part of it
  std::size_t offset = 0;  // in the source
  std::size_t bytes = 0;
};
using CsvRow = std::vector<CsvField>;

// Comma-separated values of RFC 4180, but for line ends within quotes, which are errors like every
// quote that does not end on its line. All rows have as many fields as the first; empty lines are
// skipped, and so are rows that are wrong, which are told. Nothing: the first line is, and told.
std::optional<std::vector<CsvRow>> read_csv(const SourceText& source, Diagnostics& diagnostics);

}  // namespace tocsin
