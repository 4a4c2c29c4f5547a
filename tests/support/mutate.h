// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

// What hands do to a rule file: slips of keys, of the indent and of whole lines, and words of the
// language where others should be. The same for the same seed.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : dice_(seed) {}

  std::string mutate(std::string text) {
    const std::size_t times = 1 + below(3);
    for (std::size_t i = 0; i < times; ++i) step(text);
    return text;
  }
  std::size_t below(std::size_t n) { return n == 0 ? 0 : dice_() % n; }

 private:
  static constexpr std::array<std::string_view, 46> kWords = {"day",         "month",
                                                              "last 5m",     "last 1h",
                                                              "every 14d",   "lifetime",
                                                              "session",     "$5",
                                                              "$4k",         "$1,000",
                                                              "100",         "50M",
                                                              "none",        "80%",
                                                              "100%",        "5%",
                                                              "3x",          "20s",
                                                              "every 25%",   "$5 left",
                                                              "warning",     "critical",
                                                              "info",        "user",
                                                              "[user]",      "cost",
                                                              "tokens",      "true",
                                                              "false",       "error_rate",
                                                              "{}",          "[]",
                                                              "latency_p95", "forecast 100%",
                                                              "gpt-4*",      "below 20%",
                                                              "2026-11-02",  "Europe/Berlin",
                                                              "5m",          "~",
                                                              "null",        "*x",
                                                              "&x",          "!x",
                                                              "#x",          "first_seen"};
  static constexpr std::string_view kBytes = "\"'#:,[]{}&*!|>%@`\\-? \n\t~$0a";

  void step(std::string& text) {
    switch (below(9)) {
      case 0: return erase(text);
      case 1: return insert(text);
      case 2: return put_word(text);
      case 3: return move_line(text);
      case 4: return repeat_line(text);
      case 5: return drop_line(text);
      case 6: return indent(text);
      case 7: return put_word(text);
      default: return exchange(text);
    }
  }

  void erase(std::string& text) {
    if (!text.empty()) text.erase(below(text.size()), 1 + below(3));
  }
  void insert(std::string& text) {
    text.insert(below(text.size() + 1), 1, kBytes[below(kBytes.size())]);
  }
  void exchange(std::string& text) {
    if (!text.empty()) text[below(text.size())] = kBytes[below(kBytes.size())];
  }
  // In place of what stands behind a colon.
  void put_word(std::string& text) {
    const std::size_t colon = text.find(": ", below(text.size() + 1));
    if (colon == std::string::npos) return;
    const std::size_t from = colon + 2;
    const std::size_t end = std::min(text.find_first_of(",}\n", from), text.size());
    text.replace(from, end - from, kWords[below(kWords.size())]);
  }

  std::vector<std::string> lines(const std::string& text) const {
    std::vector<std::string> all;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      all.push_back(text.substr(from, end - from));
      from = end + 1;
    }
    return all;
  }
  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
  }
  void move_line(std::string& text) {
    auto all = lines(text);
    if (all.size() < 2) return;
    std::swap(all[below(all.size())], all[below(all.size())]);
    text = joined(all);
  }
  void repeat_line(std::string& text) {
    auto all = lines(text);
    if (all.empty()) return;
    const std::string line = all[below(all.size())];
    all.insert(all.begin() + static_cast<std::ptrdiff_t>(below(all.size() + 1)), line);
    text = joined(all);
  }
  void drop_line(std::string& text) {
    auto all = lines(text);
    if (all.empty()) return;
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(below(all.size())));
    text = joined(all);
  }
  void indent(std::string& text) {
    auto all = lines(text);
    if (all.empty()) return;
    std::string& line = all[below(all.size())];
    if (below(2) == 0) {
      line.insert(0, 1 + below(3), ' ');
    } else {
      line.erase(0, std::min(line.find_first_not_of(' '), 1 + below(3)));
    }
    text = joined(all);
  }

  std::mt19937_64 dice_;
};

// How many rules a reader of a block-style file counts: lines with a dash where the first rule has
// its own. Nothing to count: `rules:` is followed by anything else on its line.
inline std::size_t dash_lines(const std::string& text) {
  std::size_t count = 0;
  std::size_t top = std::string::npos;  // indent of the file's keys
  std::size_t indent = std::string::npos;
  bool in_rules = false;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view line = std::string_view(text).substr(from, end - from);
    from = end + 1;
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string_view::npos || line[first] == '#' || line == "---") continue;
    if (top == std::string::npos) top = first;
    const bool dash = line[first] == '-' && (first + 1 == line.size() || line[first + 1] == ' ');
    if (line[first] == ']' || line[first] == '}') continue;  // the end of several lines
    if (first == top && !dash) {
      // Of the file's two keys; else it goes on with the line before it, within brackets.
      const std::size_t word = line.find_first_not_of("\"' ");
      if (word == std::string_view::npos) continue;
      const std::string_view key = line.substr(word);
      if (!key.starts_with("rules") && !key.starts_with("defaults")) continue;
      const std::string_view after = line.substr(std::min(line.size(), first + 6));
      const std::size_t rest = std::min(after.size(), after.find_first_not_of(" \t"));
      in_rules = line.substr(first).starts_with("rules:") &&
                 (rest == after.size() || (rest > 0 && after[rest] == '#'));
      continue;
    }
    if (!in_rules) continue;
    if (indent == std::string::npos) indent = first;
    count += dash && first == indent;
  }
  return count;
}

}  // namespace tocsin
