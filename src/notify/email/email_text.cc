// SPDX-License-Identifier: Apache-2.0
#include "notify/email/email_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "notify/message_parts.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kSubjectMax = 90;
constexpr std::size_t kPreheaderMax = 140;

// Characters that take a column: not the marks around right-to-left text.
std::size_t columns(const std::string& text) {
  const bool marked = text.starts_with("\xE2\x81\xA8");
  return characters(text) - (marked ? kIsolationCharacters : 0);
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t length = columns(text);
  return text + std::string(width > length ? width - length : 0, ' ');
}

// Lines of cells, each column as wide as its widest cell.
using Line = std::array<std::string, 3>;
std::string aligned(const std::vector<Line>& lines) {
  std::array<std::size_t, 2> widths{};
  for (const Line& line : lines) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], columns(line[i]));
    }
  }
  std::string text;
  for (const Line& line : lines) {
    std::string row = "  " + padded(line[0], widths[0]) + "   " + line[1];
    if (!line[2].empty()) {
      row =
          "  " + padded(line[0], widths[0]) + "   " + padded(line[1], widths[1]) + "   " + line[2];
    }
    text += row + "\n";
  }
  return text;
}

std::string facts_text(const Message& message) {
  std::vector<Line> lines;
  for (const auto& fact : message.facts) {
    lines.push_back({fact.label, fact.value.text, fact.note});
  }
  return aligned(lines);
}

std::string rows_text(const Message& message) {
  std::vector<Line> lines;
  for (const auto& row : message.rows) lines.push_back({row.who, row.value, row.note});
  std::string text = message.list_heading + "\n" + aligned(lines);
  if (const std::string rest = left_out(message, message.rows.size()); !rest.empty()) {
    text += "  " + rest + "\n";
  }
  return text;
}

std::string bar_text(const Message::Bar& bar) {
  return "  " + bar_cells(bar.percent) + "  " + bar.text + "\n";
}

std::string steps_text(const Message& message) {
  std::string text;
  if (!message.next.empty()) text += "What happens next: " + message.next + "\n";
  if (message.runbook) text += "Runbook: " + message.runbook->text + "\n";
  if (!message.silence.empty()) text += "Silence it: " + message.silence + "\n";
  if (!message.explain.empty()) text += "Why it rang: " + message.explain + "\n";
  return text;
}

std::string footer_text(const Message& message) {
  std::string text;
  for (const Text& piece : message.footer) text += piece.text;
  return text + "\n";
}

}  // namespace

std::string_view email_tag(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::alert:
    case Notice::Kind::digest:
    case Notice::Kind::catch_up:
    case Notice::Kind::unsilenced:
    case Notice::Kind::reminder: return name(highest_severity(notice.alerts));
    case Notice::Kind::held:
    case Notice::Kind::capped:
      return notice.alerts.empty() ? "resolved" : name(highest_severity(notice.alerts));
    case Notice::Kind::resolved: {
      const auto& all = notice.resolved;
      const bool raised = std::all_of(all.begin(), all.end(), [](const Resolution& one) {
        return one.reason == Resolution::Reason::limit_raised;
      });
      return raised ? "info" : "resolved";
    }
    case Notice::Kind::engine: return "tocsin";
  }
  return "";
}

std::string email_subject(const Notice& notice, const Message& message) {
  return cut_end("[" + std::string(email_tag(notice)) + "] " + message.subject, kSubjectMax);
}

std::string email_preheader(const Message& message) {
  return cut_end(message.preheader, kPreheaderMax);
}

std::string email_text(const Notice&, const Message& message) {
  std::vector<std::string> sections = {message.opening.text + "\n"};
  std::string facts = facts_text(message);
  if (message.bar) facts += "\n" + bar_text(*message.bar);
  sections.push_back(std::move(facts));
  if (!message.rows.empty()) sections.push_back(rows_text(message));
  for (const Text& paragraph : message.paragraphs) sections.push_back(paragraph.text + "\n");
  sections.push_back(steps_text(message));
  sections.push_back(footer_text(message));
  std::string text;
  for (const std::string& section : sections) {
    if (section.empty()) continue;
    text += (text.empty() ? "" : "\n") + section;
  }
  return text;
}

}  // namespace tocsin
