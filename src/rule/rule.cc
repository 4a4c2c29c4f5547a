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
  }
  return {};
}

}  // namespace

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
  if (judged() && !is_ratio(metric)) text += "\njudged";
  return text;
}

std::vector<std::string> channels_of(const Rule& rule, const Rung& rung, const Route& fallback) {
  for (const Route* route : {&rung.notify, &rule.notify, &fallback}) {
    if (const auto& channels = route->of(rung.severity)) return *channels;
  }
  return {};
}

int128 rung_amount(const Rung& rung, std::optional<int128> budget) {
  switch (rung.kind) {
    case Rung::Kind::amount: return rung.number;
    case Rung::Kind::left: return std::max<int128>(0, budget.value_or(0) - rung.number);
    case Rung::Kind::share: break;
  }
  return divide_up(rung.number * budget.value_or(0), power_of_ten(12));
}

}  // namespace tocsin
