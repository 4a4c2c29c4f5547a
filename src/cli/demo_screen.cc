// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_screen.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "notify/amount_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kBar = 20;
constexpr std::size_t kAmount = 16;
constexpr std::size_t kLabel = 12;
constexpr std::size_t kAnyWidth = 100'000;
constexpr int kPermille = 1'000;

using ScreenLine = DemoScreen::Line;

std::int64_t permille(Money part, Money whole) {
  if (whole <= Money{}) return 0;
  return static_cast<std::int64_t>(part.pico() * kPermille / whole.pico());
}

Paint paint_of(std::int64_t share) {
  return share >= kPermille ? Paint::red : share >= 800 ? Paint::yellow : Paint::green;
}

std::string amounts(Money spent, Money budget) {
  return value_text(Metric::cost, spent.pico(), budget.pico()) + " of " +
         limit_text(Metric::cost, budget.pico());
}

std::string percent(Money part, Money whole) {
  return fmt::format("{}%", permille(part, whole) / 10);
}

std::string users_text(const DemoProgress& at) {
  return fmt::format("{}, of them {} over 80%, {} over {}", grouped(at.users),
                     grouped(at.users_near), grouped(at.users_over),
                     limit_text(Metric::cost, at.user_budget.pico()));
}

std::string counts_text(const DemoProgress& at) {
  return fmt::format("{} requests · {} unpriced · {} in quarantine · lag {}", grouped(at.requests),
                     grouped(at.unpriced), grouped(at.quarantined), grouped(at.lag));
}

ScreenLine budget_line(std::string_view before, std::string_view label, Money spent, Money budget) {
  const std::int64_t share = permille(spent, budget);
  return {{Paint::plain, fmt::format("  {}{} ", padded(before, 8), padded(label, kLabel))},
          {Paint::bold, padded(amounts(spent, budget), kAmount)},
          {paint_of(share), progress_bar(share, kBar)},
          {Paint::plain, "  " + padded_left(percent(spent, budget), 4)}};
}

ScreenLine heading() { return {{Paint::dim, "  request → message"}}; }

std::vector<ScreenLine> figure_lines(const DemoProgress& at) {
  std::vector<ScreenLine> lines;
  lines.push_back(budget_line("today", "production", at.production, at.production_budget));
  if (at.full_in_seconds && at.production < at.production_budget) {
    lines.back().emplace_back(Paint::dim, fmt::format("  full in {} s", *at.full_in_seconds));
  }
  lines.push_back(budget_line("", "development", at.development, at.development_budget));
  lines.push_back({{Paint::plain, "          " + padded("free users", kLabel) + " "},
                   {Paint::plain, users_text(at)}});
  lines.push_back({{Paint::dim, "          " + counts_text(at)}});
  return lines;
}

}  // namespace

std::string grouped(std::uint64_t n) { return count_text(static_cast<int128>(n)); }

DemoScreen::DemoScreen(std::FILE* out) : out_(out), terminal_(Terminal::of(fileno(out))) {}

bool DemoScreen::alive() const { return std::ferror(out_) == 0; }

std::string DemoScreen::text_of(const ScreenLine& line, std::size_t columns) const {
  std::string text;
  for (const auto& [paint, span] : line) {
    const std::string shown = clipped(span, columns);
    columns -= std::min(columns, columns_of(shown));
    text += terminal_.painted(paint, shown);
  }
  return text;
}

void DemoScreen::print(const ScreenLine& line) {
  std::fprintf(out_, "%s\n", text_of(line, kAnyWidth).c_str());
  std::fflush(out_);
}

void DemoScreen::progress(const DemoProgress& progress) {
  progress_ = progress;
  draw(false);
}

void DemoScreen::figures() {
  if (terminal_.is_terminal() || !progress_) return;
  const DemoProgress& at = *progress_;
  tell({{Paint::plain,
         fmt::format("  today: production {} ({}) · development {} · free users {}",
                     amounts(at.production, at.production_budget),
                     percent(at.production, at.production_budget),
                     amounts(at.development, at.development_budget), users_text(at))}});
  tell({{Paint::plain, "  " + counts_text(at)}});
}

void DemoScreen::message(const DemoMessage& message) {
  if (!terminal_.is_terminal() && !std::exchange(headed_, true)) print(heading());
  tell({{Paint::green, fmt::format("  {}", padded_left(message.took, 9))},
        {Paint::plain, fmt::format("  {}  {}", padded(message.to, 8), message.text)}});
}

void DemoScreen::tell(ScreenLine line) {
  if (!terminal_.is_terminal() || finished_) {
    print(line);
    return;
  }
  story_.push_back(std::move(line));
  draw(false);
}

void DemoScreen::finish() {
  if (terminal_.is_terminal()) draw(true);
  finished_ = true;
}

// All of it in `rows` at most: of a long story the beginning is left out.
std::vector<ScreenLine> DemoScreen::drawing(std::size_t rows) const {
  std::vector<ScreenLine> lines;
  if (progress_) lines = figure_lines(*progress_);
  if (!story_.empty()) {
    lines.push_back({});
    lines.push_back(heading());
  }
  const std::size_t room = rows - std::min(rows, lines.size());
  const std::size_t skipped = story_.size() - std::min(room, story_.size());
  lines.insert(lines.end(), story_.begin() + static_cast<std::ptrdiff_t>(skipped), story_.end());
  lines.resize(std::min(rows, lines.size()));
  return lines;
}

void DemoScreen::draw(bool last) {
  if (!terminal_.is_terminal() || finished_) return;
  terminal_ = Terminal::of(fileno(out_));  // it may have been resized
  const std::size_t room = terminal_.height() - std::min<std::size_t>(terminal_.height(), 2);
  const auto lines = drawing(last ? kAnyWidth : room);
  // In one write, so that no half of it is ever seen.
  std::string text = drawn_ > 0 ? fmt::format("\x1b[{}A\r", drawn_) : std::string();
  for (const ScreenLine& line : lines) {
    text += "\x1b[2K" + text_of(line, last ? kAnyWidth : terminal_.width() - 1) + "\n";
  }
  text += "\x1b[J";
  drawn_ = last ? 0 : lines.size();
  std::fwrite(text.data(), 1, text.size(), out_);
  std::fflush(out_);
}

}  // namespace tocsin
