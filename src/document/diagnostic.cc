// SPDX-License-Identifier: Apache-2.0
#include "document/diagnostic.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "document/utf8.h"

namespace tocsin {
namespace {

// The part of a long line that is shown, and the column in it.
struct Excerpt {
  std::string text;
  int column;
};

Excerpt excerpt(const Diagnostic& diagnostic) {
  constexpr int kWidest = 140;
  std::string line = diagnostic.source_line;
  std::replace(line.begin(), line.end(), '\t', ' ');
  int column = std::max(diagnostic.column, 1);
  if (character_count(line) <= kWidest) return {line, column};
  if (column > kWidest / 2) {
    const int cut = column - kWidest / 2;
    line = "\xe2\x80\xa6" + line.substr(first_characters(line, cut).size());
    column -= cut - 1;
  }
  if (character_count(line) > kWidest) {
    line = std::string(first_characters(line, kWidest)) + "\xe2\x80\xa6";
  }
  return {line, column};
}

}  // namespace

Diagnostic file_error(std::string file, std::string message, std::string hint) {
  Diagnostic diagnostic;
  diagnostic.file = std::move(file);
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  return diagnostic;
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.level == Diagnostic::Level::error; });
}

bool is_full(const Diagnostics& diagnostics, Diagnostic::Level level) {
  if (diagnostics.size() < kDiagnosticsMax) return false;
  const auto count = std::count_if(diagnostics.begin(), diagnostics.end(),
                                   [level](const Diagnostic& d) { return d.level == level; });
  return static_cast<std::size_t>(count) >= kDiagnosticsMax;
}

std::string render(const Diagnostic& diagnostic) {
  const bool placed = diagnostic.line > 0;
  std::string text = diagnostic.file + ":";
  if (placed) {
    text += std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column) + ":";
  }
  text += diagnostic.level == Diagnostic::Level::error ? " error: " : " warning: ";
  text += diagnostic.message;
  if (!placed) return diagnostic.hint.empty() ? text : text + "; " + diagnostic.hint;

  const auto [line, column] = excerpt(diagnostic);
  std::string number = std::to_string(diagnostic.line);
  if (number.size() < 4) number.insert(0, 4 - number.size(), ' ');
  text += "\n" + number + " | " + line;
  text += "\n" + std::string(number.size(), ' ') + " | ";
  text += std::string(static_cast<std::size_t>(column - 1), ' ');
  const int left = std::max(1, character_count(line) - column + 1);
  text += std::string(static_cast<std::size_t>(std::clamp(diagnostic.length, 1, left)), '^');
  if (!diagnostic.hint.empty()) text += " " + diagnostic.hint;
  return text;
}

void sort_and_unite(Diagnostics& diagnostics) {
  std::map<std::string_view, std::size_t> order;
  for (const auto& d : diagnostics) order.emplace(d.file, order.size());
  const auto place = [&order](const Diagnostic& d) {
    return std::tuple(order.find(d.file)->second, d.line, d.column);
  };
  std::vector<std::size_t> by_place(diagnostics.size());
  for (std::size_t i = 0; i < by_place.size(); ++i) by_place[i] = i;
  std::stable_sort(by_place.begin(), by_place.end(), [&](std::size_t a, std::size_t b) {
    return place(diagnostics[a]) < place(diagnostics[b]);
  });
  Diagnostics sorted;
  for (const std::size_t i : by_place) {
    const Diagnostic& d = diagnostics[i];
    const auto other_place = [&](const Diagnostic& seen) { return place(seen) != place(d); };
    const auto end = std::find_if(sorted.rbegin(), sorted.rend(), other_place);
    const bool again = std::any_of(
        sorted.rbegin(), end, [&](const Diagnostic& seen) { return seen.message == d.message; });
    if (!again) sorted.push_back(d);
  }
  diagnostics = std::move(sorted);
}

}  // namespace tocsin
