// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/plural.h"
#include "cli/terminal.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kExamples = 3;
constexpr std::size_t kGroupCharacters = 24;

// What became of one rule.
struct Changes {
  std::uint64_t old = 0, now = 0, same = 0;
  std::vector<std::pair<EventTime, std::string>> gained, lost, moved;

  bool any() const { return !gained.empty() || !lost.empty() || !moved.empty(); }
};

std::string clock_of(EventTime at, const std::string& zone) {
  const LocalTime local = local_time(at, zone);
  return date_text(local) + " " + clock_text(local);
}

void append_examples(std::string& text, std::string_view mark,
                     std::vector<std::pair<EventTime, std::string>> changes) {
  std::sort(changes.begin(), changes.end());
  for (std::size_t i = 0; i < std::min(changes.size(), kExamples); ++i) {
    text += fmt::format("    {} {}\n", mark, changes[i].second);
  }
  if (changes.size() > kExamples) {
    text += fmt::format("    {} {} more\n", mark, changes.size() - kExamples);
  }
}

std::string summary(const Changes& of) {
  if (!of.any()) return fmt::format("{}, all as before", plural(of.now, "alert"));
  std::string text = fmt::format("{} → {}", of.old, plural(of.now, "alert"));
  const auto add = [&](std::size_t n, std::string_view what) {
    if (n > 0) text += fmt::format(", {} {}", n, what);
  };
  add(of.gained.size(), "new");
  add(of.lost.size(), "gone");
  add(of.moved.size(), "at another time");
  add(of.same, "as before");
  return text;
}

}  // namespace

void AlertSet::add(const Alert& alert) {
  const std::string group = group_text(alert);
  std::string text = rung_words(alert.rung) + " " + clock_of(alert.at, alert.zone);
  if (!group.empty()) text += " " + cut_middle(group, kGroupCharacters);
  told_.try_emplace({alert.rule, alert.rung, group, alert.window.start},
                    Told{alert.at, std::move(text)});
}

std::string compare_text(const AlertSet& old, const AlertSet& now) {
  std::map<std::string, Changes> rules;
  for (const auto& [key, told] : now.all()) {
    Changes& of = rules[key.rule];
    ++of.now;
    const auto before = old.all().find(key);
    if (before == old.all().end()) {
      of.gained.emplace_back(told.at, told.text);
    } else if (before->second.at != told.at) {
      of.moved.emplace_back(told.at, before->second.text + " → " + told.text);
    } else {
      ++of.same;
    }
  }
  for (const auto& [key, told] : old.all()) {
    Changes& of = rules[key.rule];
    ++of.old;
    if (!now.all().contains(key)) of.lost.emplace_back(told.at, told.text);
  }
  std::size_t width = 0;
  for (const auto& [rule, of] : rules) width = std::max(width, columns_of(clean_text(rule)));
  std::string text;
  for (const auto& [rule, of] : rules) {
    const std::string_view mark = !of.any() ? " " : of.old == 0 ? "+" : of.now == 0 ? "−" : "~";
    text += fmt::format("{} {}  {}\n", mark, padded(clean_text(rule), width), summary(of));
    append_examples(text, "+", of.gained);
    append_examples(text, "−", of.lost);
    append_examples(text, "~", of.moved);
  }
  return text.empty() ? "Neither set of rules rings.\n" : text;
}

}  // namespace tocsin
