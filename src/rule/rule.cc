// SPDX-License-Identifier: Apache-2.0
#include "rule/rule.h"

#include <algorithm>

#include "rule/field.h"

namespace tocsin {
namespace {

std::string two_digits(unsigned number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

std::string month_day_text(std::chrono::month_day date) {
  return two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day()));
}

std::string date_text(const std::optional<std::chrono::year_month_day>& date) {
  if (!date) return "-";
  return std::to_string(static_cast<int>(date->year())) + "-" +
         month_day_text(date->month() / date->day());
}

// Only what moves the window's bounds: a rolling window is aligned to the epoch in every zone.
std::string window_text(const WindowSpec& window) {
  const std::string zone = "@" + window.zone;
  switch (window.kind) {
    case WindowKind::hour: return "hour" + zone;
    case WindowKind::day: return "day " + std::to_string(window.day_start.count()) + zone;
    case WindowKind::week: return "week " + std::to_string(window.week_start.c_encoding()) + zone;
    case WindowKind::month: return "month " + std::to_string(window.month_day) + zone;
    case WindowKind::quarter: return "quarter " + month_day_text(window.year_start) + zone;
    case WindowKind::year: return "year " + month_day_text(window.year_start) + zone;
    case WindowKind::every:
      return "every " + std::to_string(window.every_days) + " " + date_text(window.from) + zone;
    case WindowKind::lifetime:
      return "lifetime " + date_text(window.from) + (window.from ? zone : "");
    case WindowKind::rolling: return "rolling " + std::to_string(window.length.count());
    case WindowKind::session: return "session " + std::to_string(window.length.count());
  }
  return {};
}

}  // namespace

namespace {

bool is_judged(const Rung& rung) {
  return rung.kind != Rung::Kind::share && rung.kind != Rung::Kind::left &&
         rung.kind != Rung::Kind::amount;
}

}  // namespace

bool Rule::judged() const {
  return judged_throughout() || std::any_of(ladder.begin(), ladder.end(), is_judged);
}

std::vector<Rule> parts_of(Rule rule) {
  std::vector<Rule> parts;
  const auto count = std::count_if(rule.ladder.begin(), rule.ladder.end(), is_judged);
  const bool whole = rule.judged_throughout() || count == 0 || count == std::ssize(rule.ladder);
  if (!whole) {
    Rule judged = rule;
    judged.second_part = true;
    std::erase_if(judged.ladder, [](const Rung& rung) { return !is_judged(rung); });
    std::erase_if(rule.ladder, is_judged);
    parts.push_back(std::move(rule));
    parts.push_back(std::move(judged));
  } else {
    parts.push_back(std::move(rule));
  }
  return parts;
}

std::string Rule::fingerprint() const {
  std::string text = "metric=" + std::string(tocsin::name(metric));
  text += "\nwhere=" + (filter == nullptr ? std::string() : filter->canonical());
  text += "\ngroup=";
  for (const auto& group : group_by) {
    const std::string canonical = canonical_name(group.field);
    text += std::to_string(canonical.size()) + ":" + canonical + ",";
  }
  text += "\nwindow=" + window_text(window);
  // A sum with `for` keeps its panes until they are judged: cells of another kind.
  if (judged() && is_sum(metric)) text += "\njudged";
  if (keeps_cost()) text += "\ncost";
  return text;
}

std::size_t written_rules(const std::vector<Rule>& rules) {
  return static_cast<std::size_t>(std::count_if(
      rules.begin(), rules.end(), [](const Rule& rule) { return !rule.second_part; }));
}

std::vector<std::string> channels_of(const Rule& rule, const Rung& rung, const GroupAt& of,
                                     const Route& fallback) {
  const BudgetSpell* spell = rule.budgets ? rule.budgets->spell(of.group, of.at) : nullptr;
  const Route* row = spell != nullptr ? spell->notify.get() : nullptr;
  for (const Route* route : {&rung.notify, row, &rule.notify, &fallback}) {
    if (route == nullptr) continue;
    if (const auto& channels = route->of(rung.severity)) return *channels;
  }
  return {};
}

int128 rung_amount(const Rung& rung, std::optional<int128> budget) {
  switch (rung.kind) {
    case Rung::Kind::amount:
    case Rung::Kind::below:
    case Rung::Kind::times:
    case Rung::Kind::times_below: return rung.number;
    case Rung::Kind::left: return std::max<int128>(0, budget.value_or(0) - rung.number);
    case Rung::Kind::share:
    case Rung::Kind::forecast: break;
  }
  return divide_up(rung.number * budget.value_or(0), power_of_ten(12));
}

}  // namespace tocsin
