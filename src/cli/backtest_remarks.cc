// SPDX-License-Identifier: Apache-2.0
// What a reader of a backtest should think about (backtest_report.h).
#include <fmt/format.h>

#include <algorithm>

#include "cli/backtest_report.h"
#include "cli/terminal.h"
#include "cli/unfilled_text.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kWindowsMin = 5;  // fewer say nothing about a habit
constexpr std::uint64_t kOftenPercent = 60;
constexpr std::size_t kWouldRing = 3;

// "22 of 31 days", "4,050 of its 5,000 windows".
std::string share_text(const Rule& rule, std::uint64_t rang, std::uint64_t windows) {
  const std::string of = count_text(static_cast<int128>(windows));
  const std::string times = count_text(static_cast<int128>(rang));
  if (!rule.group_by.empty() || rule.rolling() || rule.window.kind == WindowKind::every) {
    return times + " of its " + of + " windows";
  }
  return times + " of " + of + " " + window_word(rule.window.kind) + "s";
}

std::string rings_always(const Rule& rule, const RuleTally& told, const Peaks& peaks) {
  const bool grouped = !rule.group_by.empty();
  const std::uint64_t windows = grouped ? peaks.cells() : peaks.windows();
  if (windows < kWindowsMin) return {};
  // The highest one: what lies below it rings as often.
  for (std::size_t i = rule.ladder.size(); i-- > 0;) {
    const Rung& rung = rule.ladder[i];
    const auto times = told.by_rung.find(rung.text);
    if (times == told.by_rung.end() || times->second * 100 < windows * kOftenPercent) continue;
    const std::string rang =
        rung_words(rung.text) + " rang on " + share_text(rule, times->second, windows) + ": ";
    const bool highest = &rung == &rule.ladder.back();
    return rang + (highest ? "a line that is always crossed says nothing. Raise it."
                           : "a rung that rings that often is not read. Consider dropping it.");
  }
  return {};
}

// The limit that the third highest window would have met, with two digits, and how often it would
// have been met.
std::string lower_limit(const Rule& rule, const Peaks& peaks) {
  const auto& highest = peaks.highest();
  const Rung& rung = rule.ladder.front();
  const int128 value = highest[std::min(highest.size(), kWouldRing) - 1].value;
  const bool share = rung.kind == Rung::Kind::share;
  const int128 limit = two_digits_down(share ? value * power_of_ten(12) / rung.number : value);
  if (limit <= 0) return {};
  const int128 met = share ? rung_amount(rung, limit) : limit;
  const auto times = std::count_if(highest.begin(), highest.end(),
                                   [&](const auto& peak) { return peak.value >= met; });
  const std::string often =
      times == 1
          ? "once"
          : fmt::format("{}{} times",
                        static_cast<std::size_t>(times) == Peaks::kKept ? "at least " : "", times);
  if (!share) {
    return " " + limit_text(rule.metric, limit) + " would have rung " + often + ".";
  }
  return " A budget of " + limit_text(rule.metric, limit) + " would have reached " +
         rung_words(rung.text) + " " + often + ".";
}

std::string never_near(const Rule& rule, const RuleTally& told, const Peaks& peaks) {
  if (told.alerts > 0 || peaks.highest().empty() || rule.ladder.empty()) return {};
  const auto& peak = peaks.highest().front();
  const Rung& lowest = rule.ladder.front();
  if (lowest.kind == Rung::Kind::left) return {};
  const int128 amount = rung_amount(lowest, peak.budget);
  if (peak.value * 2 >= amount) return {};
  const std::string rung = rung_words(lowest.text);
  const std::string limit = limit_text(rule.metric, amount);
  std::string text = "never came near " + rung + (rung == limit ? "" : " (" + limit + ")") +
                     ": at most " + value_text(rule.metric, peak.value, amount) + ".";
  const bool one_budget = !rule.budgets || rule.budgets->uniform();
  return one_budget ? text + lower_limit(rule, peaks) : text;
}

std::string remark(const ReportOf& of, std::size_t i) {
  const Rule& rule = of.rules[i];
  const Peaks& peaks = of.result.peaks[i];
  if (peaks.requests() == 0 && of.result.rules[i].alerts == 0) {
    if (of.result.counts[Count::events] == 0) return {};
    return "matched nothing: " +
           (of.samples == nullptr
                ? std::string("no request met its conditions")
                : of.samples->why_nothing(rule, of.result.counts[Count::events])) +
           ".";
  }
  const std::string often = rings_always(rule, of.result.rules[i], peaks);
  return often.empty() ? never_near(rule, of.result.rules[i], peaks) : often;
}

// "users", "Customers"; of several fields: "groups".
std::string groups_word(const Rule& rule, std::size_t count) {
  std::string word = rule.group_by.size() == 1 ? clean_text(rule.group_by[0].name) : "group";
  if (count == 1) return word;
  if (!word.empty() && word.back() == 'y') {
    word.back() = 'i';
    word += 'e';
  }
  return word + (word.ends_with('s') ? "" : "s");
}

// What limits that hold would have done: "at $25, 191 of 4,100 users would have been refused,
// saving $1,940 of $11,204."
std::string what_if(const ReportOf& of, std::size_t i) {
  const Rule& rule = of.rules[i];
  const Peaks::Beyond beyond = of.result.peaks[i].beyond();
  const bool tried = std::find(of.tried.begin(), of.tried.end(), rule.name) != of.tried.end();
  if (!rule.budgets || beyond.groups == 0 || (rule.group_by.empty() && !tried)) return {};
  if (beyond.over_groups == 0 && !tried) return {};
  const bool one = rule.budgets->rows.empty() && rule.budgets->fallback;
  std::string text =
      one ? "at " + limit_text(rule.metric, *rule.budgets->fallback) + ", " : "at its budgets, ";
  if (!rule.group_by.empty()) {
    text += beyond.over_groups == 0 ? "none" : count_text(static_cast<int128>(beyond.over_groups));
    text += " of " + count_text(static_cast<int128>(beyond.groups)) + " " +
            groups_word(rule, beyond.groups) + " would have been refused";
  } else {
    text += beyond.over_groups == 0 ? "nothing would have been refused"
                                    : "requests would have been refused";
  }
  if (beyond.over_groups == 0) return text + ".";
  return text + ", saving " + value_text(rule.metric, beyond.beyond) + " of " +
         value_text(rule.metric, beyond.spent) + ".";
}

// "12% of it, $3.10, has no Team: …", of fields that rules group by and producers do not send.
std::vector<std::string> unfilled(const ReportOf& of, std::size_t i) {
  const Rule& rule = of.rules[i];
  const Unfilled& unfilled = of.result.peaks[i].unfilled();
  std::vector<std::string> texts;
  for (std::size_t field = 0; field < rule.group_by.size(); ++field) {
    const int128 without = unfilled.without[field];
    if (without * 100 < unfilled.total || without <= 0) continue;
    texts.push_back(unfilled_text(rule.metric, without, unfilled.total, rule.group_by[field].name) +
                    ": " + std::string(kFillIn) + ".");
  }
  return texts;
}

}  // namespace

std::string remarks_text(const ReportOf& of) {
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 0;
  for (std::size_t i = 0; i < of.rules.size(); ++i) {
    if (of.rules[i].second_part) continue;
    std::vector<std::string> texts{what_if(of, i), remark(of, i)};
    for (std::string& text : unfilled(of, i)) texts.push_back(std::move(text));
    for (std::string& text : texts) {
      if (text.ends_with("?.")) text.pop_back();
      if (text.empty()) continue;
      lines.emplace_back(clean_text(of.rules[i].name), std::move(text));
      width = std::max(width, columns_of(lines.back().first));
    }
  }
  std::string out;
  for (const auto& [name, text] : lines) out += "  " + padded(name, width) + "  " + text + "\n";
  return out;
}

}  // namespace tocsin
