// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/terminal.h"
#include "tocsin/money.h"

namespace tocsin {

// Where spend stands, as the engine's API says.
struct DemoProgress {
  Money production, production_budget;
  Money development, development_budget;
  Money user_budget;
  std::uint64_t users = 0, users_near = 0, users_over = 0;  // free ones: all, over 80%, over
  std::uint64_t requests = 0, unpriced = 0, quarantined = 0, lag = 0;
  std::optional<std::int64_t> full_in_seconds;  // production, at the pace of the last second
};

// A message that a stand-in got.
struct DemoMessage {
  std::string took;  // "2.9 ms"
  std::string to;    // "#alerts", "finance@"
  std::string text;  // its first line
};

// What the demo shows. On a terminal the figures are drawn in place, above the story of what
// happened; elsewhere each part of the story is a line, and the figures come where figures() is
// called. One thread.
class DemoScreen {
 public:
  using Span = std::pair<Paint, std::string>;
  using Line = std::vector<Span>;

  explicit DemoScreen(std::FILE* out);

  bool is_terminal() const { return terminal_.is_terminal(); }
  // Whether a line of so many columns is shown whole.
  bool has_columns(std::size_t columns) const {
    return !is_terminal() || terminal_.width() > columns;
  }
  // False once what is printed goes nowhere (a pipe that was closed).
  bool alive() const;

  // Outside of what is redrawn: before the first progress(), or after finish().
  void print(const Line& line);

  void progress(const DemoProgress& progress);
  // Where nothing is drawn in place: the figures as a line.
  void figures();
  void message(const DemoMessage& message);
  void tell(Line line);  // any other line of the story
  // Draws everything for the last time, whole; nothing is redrawn from here on.
  void finish();

 private:
  std::vector<Line> drawing(std::size_t rows) const;
  std::string text_of(const Line& line, std::size_t columns) const;
  void draw(bool last);

  std::FILE* out_;
  Terminal terminal_;
  std::optional<DemoProgress> progress_;
  std::vector<Line> story_;
  std::size_t drawn_ = 0;  // lines that the next drawing is drawn over
  bool finished_ = false;
  bool headed_ = false;  // elsewhere than on a terminal: the story's heading is printed
};

// "11,731".
std::string grouped(std::uint64_t n);

}  // namespace tocsin
