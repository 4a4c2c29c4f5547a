// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>

#include "document/utf8.h"

namespace tocsin {
namespace {

std::string_view variable_text(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::string_view code_of(Paint paint) {
  switch (paint) {
    case Paint::plain: return "0";
    case Paint::bold: return "1";
    case Paint::dim: return "2";
    case Paint::red: return "31";
    case Paint::yellow: return "33";
    case Paint::green: return "32";
    case Paint::blue: return "34";
  }
  return "0";
}

// The C library's table of widths, whatever locale the process has.
std::size_t columns_of_one(char32_t c) {
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (unicode == nullptr) return 1;
  const locale_t before = uselocale(unicode);
  const int columns = wcwidth(static_cast<wchar_t>(c));
  uselocale(before);
  return columns > 0 ? static_cast<std::size_t>(columns) : 0;
}

std::string blanks_for(std::string_view utf8, std::size_t columns) {
  const std::size_t taken = columns_of(utf8);
  return std::string(taken < columns ? columns - taken : 0, ' ');
}

}  // namespace

Terminal Terminal::of(int descriptor) {
  Terminal terminal;
  const std::string_view kind = variable_text("TERM");
  terminal.is_terminal_ = isatty(descriptor) != 0 && kind != "dumb" && !kind.empty();
  terminal.has_colour_ = terminal.is_terminal_ && variable_text("NO_COLOR").empty();
  winsize size{};
  if (terminal.is_terminal_ && ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    if (size.ws_col > 0) terminal.width_ = size.ws_col;
    if (size.ws_row > 0) terminal.height_ = size.ws_row;
  }
  return terminal;
}

std::string Terminal::painted(Paint paint, std::string_view text) const {
  if (!has_colour_ || paint == Paint::plain) return std::string(text);
  return "\x1b[" + std::string(code_of(paint)) + "m" + std::string(text) + "\x1b[0m";
}

std::string progress_bar(std::int64_t permille, std::size_t cells) {
  const auto share = static_cast<std::size_t>(std::clamp<std::int64_t>(permille, 0, 1000));
  const std::size_t filled = share * cells / 1000;
  std::string bar;
  for (std::size_t i = 0; i < cells; ++i) bar += i < filled ? "\u2501" : "\u2500";
  return bar;
}

std::size_t columns_of(std::string_view utf8) {
  std::size_t columns = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto [c, next] = decode_utf8(utf8, at);
    columns += c == kNoCharacter ? 1 : columns_of_one(c);
    at = next;
  }
  return columns;
}

std::string padded(std::string_view utf8, std::size_t columns) {
  return std::string(utf8) + blanks_for(utf8, columns);
}

std::string padded_left(std::string_view utf8, std::size_t columns) {
  return blanks_for(utf8, columns) + std::string(utf8);
}

std::string clipped(std::string_view utf8, std::size_t columns) {
  if (columns_of(utf8) <= columns) return std::string(utf8);
  if (columns == 0) return {};
  std::size_t taken = 0, end = 0;
  while (end < utf8.size()) {
    const std::size_t next = decode_utf8(utf8, end).next;
    const std::size_t more = columns_of(utf8.substr(end, next - end));
    if (taken + more > columns - 1) break;
    taken += more;
    end = next;
  }
  return std::string(utf8.substr(0, end)) + "\u2026";
}

}  // namespace tocsin
