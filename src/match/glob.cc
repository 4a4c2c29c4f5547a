// SPDX-License-Identifier: Apache-2.0
#include "match/glob.h"

#include <cstddef>
#include <optional>

namespace tocsin {
namespace {

// The byte after the character that starts at `i`; a stray byte is a character of its own.
std::size_t next_character(std::string_view text, std::size_t i) {
  for (++i; i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80; ++i) {
  }
  return i;
}

// Where `piece` ends in `value` if it is found exactly at `at`.
std::optional<std::size_t> end_of(std::string_view piece, std::string_view value, std::size_t at) {
  for (const char c : piece) {
    if (at >= value.size()) return std::nullopt;
    if (c == '?') {
      at = next_character(value, at);
    } else if (c == value[at]) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return at;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); i = next_character(text, i)) ++count;
  return count;
}

// Where the last characters of `value`, as many as `piece` has, begin.
std::optional<std::size_t> tail(std::string_view piece, std::string_view value, std::size_t from) {
  std::size_t at = value.size();
  for (std::size_t left = characters(piece); left > 0; --left) {
    if (at <= from) return std::nullopt;
    for (--at; at > from && (static_cast<unsigned char>(value[at]) & 0xc0) == 0x80; --at) {
    }
  }
  return at;
}

}  // namespace

Glob::Glob(std::string_view pattern) {
  std::size_t from = 0;
  for (std::size_t star = pattern.find('*'); star != std::string_view::npos;
       star = pattern.find('*', from)) {
    // Stars side by side are one star.
    if (star > from || pieces_.empty()) pieces_.emplace_back(pattern.substr(from, star - from));
    from = star + 1;
  }
  pieces_.emplace_back(pattern.substr(from));
}

// The first piece is bound to the start and the last to the end; each between them may be taken
// where it is first found, so that no choice is ever taken back.
bool Glob::matches(std::string_view value) const {
  const auto first = end_of(pieces_.front(), value, 0);
  if (!first) return false;
  if (pieces_.size() == 1) return *first == value.size();
  std::size_t at = *first;
  for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
    auto end = end_of(pieces_[i], value, at);
    while (!end) {
      if (at >= value.size()) return false;
      at = next_character(value, at);
      end = end_of(pieces_[i], value, at);
    }
    at = *end;
  }
  const auto last = tail(pieces_.back(), value, at);
  return last && end_of(pieces_.back(), value, *last) == value.size();
}

}  // namespace tocsin
