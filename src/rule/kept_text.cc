// SPDX-License-Identifier: Apache-2.0
#include "rule/kept_text.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::size_t kPieceMin = 8;  // of a secret; shorter ones may be any word

// Where the comment of a line begins; its end if it has none.
std::size_t comment_of(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      // Within a word it is an apostrophe.
      if (i == 0 || std::string_view(" \t[{,:").find(line[i - 1]) != std::string_view::npos) {
        quote = c;
      }
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return i;
    }
  }
  return line.size();
}

template <class F>
void each_line(std::string_view text, F&& line) {
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    line(from, text.substr(from, end - from));
    from = end + 1;
  }
}

// Some of the secret stands there still: it was written over several lines, or twice.
bool holds(const std::string& text, const std::string& secret) {
  for (std::size_t from = 0; from < secret.size();) {
    const std::size_t end = std::min(secret.find_first_of(" \n", from), secret.size());
    const auto piece = std::string_view(secret).substr(from, end - from);
    if (piece.size() >= kPieceMin && text.find(piece) != std::string::npos) return true;
    from = end + 1;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\"'");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\"'\r") - from + 1);
}

// What follows "path:" in the line, up to the end of a value.
std::string_view path_in(std::string_view line) {
  constexpr std::string_view kKey = "path:";
  const std::size_t at = line.find(kKey);
  if (at == std::string_view::npos) return {};
  const auto rest = line.substr(at + kKey.size());
  return trimmed(rest.substr(0, rest.find_first_of(",}")));
}

}  // namespace

std::optional<std::string> text_to_keep(std::string text,
                                        const std::vector<LiteralSecret>& secrets) {
  for (const LiteralSecret& secret : secrets) {
    const std::size_t end = std::min(secret.offset + secret.bytes, text.size());
    for (std::size_t i = secret.offset; i < end; ++i) {
      if (text[i] != '\n') text[i] = '*';
    }
  }
  const std::string_view view = text;
  std::vector<std::pair<std::size_t, std::size_t>> comments;
  each_line(view, [&](std::size_t from, std::string_view line) {
    comments.emplace_back(from + comment_of(line), from + line.size());
  });
  for (const auto& [from, until] : comments) {
    std::fill(text.begin() + static_cast<std::ptrdiff_t>(from),
              text.begin() + static_cast<std::ptrdiff_t>(until), ' ');
  }
  for (const LiteralSecret& secret : secrets) {
    if (holds(text, secret.value.reveal())) return std::nullopt;
  }
  return text;
}

std::string find_state_path(std::string_view text) {
  std::string found;
  bool in_state = false;
  each_line(text, [&](std::size_t, std::string_view line) {
    line = line.substr(0, comment_of(line));
    if (trimmed(line).empty()) return;
    const bool top = line[0] != ' ' && line[0] != '\t';
    if (top) in_state = line.starts_with("state:");
    if (in_state && found.empty()) found = path_in(line);
  });
  return found;
}

}  // namespace tocsin
