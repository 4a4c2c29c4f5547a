// SPDX-License-Identifier: Apache-2.0
#include "document/source_text.h"

#include <algorithm>
#include <utility>

#include "document/utf8.h"

namespace tocsin {
namespace {

std::string unix_lines(std::string_view bytes) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (bytes.starts_with(kMark)) bytes.remove_prefix(kMark.size());
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const bool pair = bytes[i] == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n';
    if (!pair) text.push_back(bytes[i]);
  }
  return text;
}

// The first byte that may not stand in a text, and what it is.
struct BadByte {
  std::size_t offset;
  std::string message;
  std::string hint;
};

std::optional<BadByte> bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto [character, next] = decode_utf8(text, i);
    if (character == kNoCharacter)
      return BadByte{i, "this is not valid UTF-8", "save the file as UTF-8"};
    if (is_control(character)) {
      return BadByte{
          i, "the control character " + code_point(character) + " may not stand here", {}};
    }
    i = next;
  }
  return std::nullopt;
}

// The texts of `line` that are stars in `masked`.
std::vector<std::string> hidden_texts(std::string_view line, std::string_view masked) {
  std::vector<std::string> texts;
  bool in_run = false;
  for (std::size_t i = 0, j = 0; i < line.size() && j < masked.size();) {
    const std::size_t next_i = decode_utf8(line, i).next;
    const std::size_t next_j = decode_utf8(masked, j).next;
    const auto character = line.substr(i, next_i - i);
    const bool hidden = character != masked.substr(j, next_j - j);
    if (hidden && !in_run) texts.emplace_back();
    if (hidden) texts.back() += character;
    in_run = hidden;
    i = next_i;
    j = next_j;
  }
  return texts;
}

// Does `text` hold a part of `secret` that would tell something of it?
bool reveals(std::string_view text, std::string_view secret) {
  constexpr std::size_t kTelling = 6;
  if (secret.size() < 3) return false;
  if (secret.size() <= kTelling) return text.find(secret) != text.npos;
  for (std::size_t i = 0; i + kTelling <= secret.size(); ++i) {
    if (text.find(secret.substr(i, kTelling)) != text.npos) return true;
  }
  return false;
}

}  // namespace

SourceText::SourceText(std::string file, std::string text)
    : file_(std::move(file)), text_(std::move(text)), line_starts_{0} {
  for (std::size_t i = text_.find('\n'); i != std::string::npos; i = text_.find('\n', i + 1)) {
    if (i + 1 < text_.size()) line_starts_.push_back(i + 1);
  }
}

std::optional<SourceText> SourceText::read(std::string file, std::string_view bytes,
                                           Diagnostics& diagnostics, std::size_t bytes_max) {
  if (bytes.size() > bytes_max) {
    diagnostics.push_back(file_error(
        std::move(file), "the file is larger than " + std::to_string(bytes_max >> 10) + " KiB",
        "split it"));
    return std::nullopt;
  }
  // With its mark, or by the zeros of its first letter.
  const bool zeros = bytes.size() >= 2 && (bytes[0] == '\0') != (bytes[1] == '\0');
  if (zeros || bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) {
    diagnostics.push_back(file_error(std::move(file), "the file is UTF-16", "save it as UTF-8"));
    return std::nullopt;
  }
  SourceText source(std::move(file), unix_lines(bytes));
  if (const auto bad = bad_byte(source.text_)) {
    Diagnostic diagnostic = source.error(bad->offset, 1, bad->message, bad->hint);
    // The line itself is no text to show.
    diagnostic.source_line.clear();
    const auto line = source.line(diagnostic.line);
    for (std::size_t i = 0; i < line.size();) {
      const auto [character, next] = decode_utf8(line, i);
      const bool fine = character != kNoCharacter && !is_control(character);
      diagnostic.source_line += fine ? line.substr(i, next - i) : std::string_view("?");
      i = next;
    }
    diagnostics.push_back(std::move(diagnostic));
    return std::nullopt;
  }
  return source;
}

Place SourceText::place(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = after - line_starts_.begin();
  const std::size_t start = *(after - 1);
  const auto before = std::string_view(text_).substr(start, offset - start);
  // The end of the text is a place on its last line, also behind that line's end.
  return {static_cast<int>(line), character_count(before.substr(0, before.find('\n'))) + 1};
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || static_cast<std::size_t>(number) > line_starts_.size()) return {};
  const std::size_t start = line_start(number);
  return std::string_view(text_).substr(start, text_.find('\n', start) - start);
}

std::size_t SourceText::line_start(int number) const {
  return line_starts_[static_cast<std::size_t>(number) - 1];
}

Diagnostic SourceText::error(std::size_t offset, std::size_t bytes, std::string message,
                             std::string hint) const {
  const Place where = place(std::min(offset, text_.size()));
  const auto rest = std::string_view(text_).substr(std::min(offset, text_.size()), bytes);
  const auto shown = rest.substr(0, rest.find('\n'));
  Diagnostic told{.file = file_,
                  .line = where.line,
                  .column = where.column,
                  .length = std::max(1, character_count(shown)),
                  .message = std::move(message),
                  .hint = std::move(hint),
                  .source_line = std::string(line(where.line))};
  if (!mask_) return told;
  const std::string masked = mask_(*this, where.line);
  for (const auto& secret : hidden_texts(told.source_line, masked)) {
    if (!reveals(told.message, secret) && !reveals(told.hint, secret)) continue;
    told.message = "this value cannot be read";
    told.hint = "put it in quotes; it is not shown, for it may be a secret";
  }
  told.source_line = masked;
  return told;
}

}  // namespace tocsin
