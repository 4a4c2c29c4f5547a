// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_words.h"

#include <algorithm>

#include "notify/amount_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

// Columns of a word that may hold our own colours.
std::size_t drawn_columns(std::string_view word) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < word.size();) {
    const auto escape = std::min(word.find('\x1b', at), word.size());
    columns += columns_of(word.substr(at, escape - at));
    at = escape < word.size() ? std::min(word.find('m', escape), word.size() - 1) + 1 : escape;
  }
  return columns;
}

}  // namespace

std::string grouped_count(std::uint64_t n) { return count_text(static_cast<int128>(n)); }
std::string grouped_plural(std::uint64_t n, std::string_view noun) {
  return grouped_count(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

Paint paint_of(const std::string& rung, Severity severity) {
  if (rung.empty()) return Paint::green;
  switch (severity) {
    case Severity::info: return Paint::blue;
    case Severity::warning: return Paint::yellow;
    case Severity::critical: return Paint::red;
  }
  return Paint::plain;
}

std::string moment(EventTime at, EventTime now, const std::string& zone) {
  const LocalTime then = local_time(at, zone);
  const LocalTime here = local_time(now, zone);
  const std::string clock = clock_seconds_text(then);
  if (then.date() == here.date()) return clock;
  return short_date_text(then, then.year != here.year) + " " + clock;
}

std::string group_value(const GroupValues& group) {
  std::string text;
  for (const auto& [field, value] : group) text += (text.empty() ? "" : "/") + clean_text(value);
  return isolated(cut_middle(text, 30));
}

std::int64_t permille(int128 value, int128 limit) {
  if (limit <= 0 || value <= 0) return 0;
  if (value >= limit) return 1000;
  return static_cast<std::int64_t>(value / (limit / 1000 + 1));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  std::size_t taken = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t columns = drawn_columns(word);
    if (taken > 0 && taken + 1 + columns > width && !word.empty()) {
      while (line.ends_with(' ')) line.pop_back();
      out += line + "\n" + std::string(indent, ' ');
      line.clear();
      taken = 0;
    } else if (at > 0) {
      line += ' ';
      ++taken;
    }
    line += word;
    taken += columns;
    at = end + 1;
  }
  return out + line;
}

}  // namespace tocsin
