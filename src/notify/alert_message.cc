// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Born = Text::Born;

// Percents beyond it say nothing more.
constexpr int128 kPercentMax = 9'999;

void set_percent(FirstLine& line, const Alert& alert) {
  const auto percent = whole_percent(alert.value, *alert.budget);
  if (!percent) {
    line.head = "Over:";
    line.after = " over";
  } else if (*percent > kPercentMax) {
    line.head = "Over " + count_text(kPercentMax) + "%";
    line.after = " over " + count_text(kPercentMax) + "%";
  } else {
    line.head = count_text(*percent) + "%";
    line.after = " " + line.head;
  }
}

FirstLine budget_line(const Alert& alert, EventTime told, const std::optional<Pace>& pace) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  set_percent(line, alert);
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.tail = ": " + value_of_limit(alert, *alert.budget) + " " + period_text(alert, told);
  if (pace && pace->gone) {
    line.outlook = ", gone by " + when_text(*pace->gone, alert.at, alert.zone) + " at this pace";
  }
  return line;
}

FirstLine rate_line(const Alert& alert, EventTime told) {
  FirstLine line;
  const std::string value = value_text(alert.metric, alert.value, alert.amount);
  line.mark = mark_of(alert.severity);
  line.subject = subject_of(alert);
  line.tail = " " + value + " (" + line_text(alert) + ")" + group_in_line(alert) + ", " +
              span_text(alert, told);
  line.option = ": " + parts_of(alert).words;
  return line;
}

// "Forecast 132% acme: heading for $7,900 of $6,000 by 30 Nov, over on the 23rd"
FirstLine forecast_line(const Alert& alert, const std::optional<Pace>& pace) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  const int128 total = alert.beside.value_or(alert.value);
  const auto percent = whole_percent(total, *alert.budget);
  line.head = "Forecast";
  if (percent) line.head += " " + count_text(std::min(*percent, kPercentMax)) + "%";
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.after = " forecast";
  line.tail = ": heading for " + about_text(alert.metric, total, alert.value) + " of " +
              limit_text(alert.metric, *alert.budget) + " by " + deadline_text(alert);
  if (pace && pace->gone) {
    line.outlook = ", over " + when_text(*pace->gone, alert.at, alert.zone);
  }
  return line;
}

// "Unusual hour: $41.20 in the last hour, 3.4x the $12.10 of 7 d before (limit 3x)"
FirstLine comparison_line(const Alert& alert, EventTime told) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.tail = ": " + value_with_unit(alert.metric, alert.value, std::nullopt) + " " +
              period_text(alert, told);
  line.option = ", " + before_text(alert);
  line.outlook = " (" + line_text(alert) + ")";
  return line;
}

// "First seen: gpt-6-nano, its first request of all"
FirstLine first_seen_line(const Alert& alert) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  line.subject = has_own_summary(alert) ? subject_of(alert) : metric_title(alert.metric);
  line.group = group_in_line(alert);
  line.tail = ": the first request, " + when_text(alert.at, alert.at, alert.zone);
  return line;
}

FirstLine threshold_line(const Alert& alert, EventTime told) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.tail = ": " + value_with_unit(alert.metric, alert.value, alert.amount) + " (" +
              line_text(alert) + ") " + period_text(alert, told);
  return line;
}

FirstLine first_line(const Alert& alert, EventTime told, const std::optional<Pace>& pace) {
  if (alert.metric == Metric::first_seen) return first_seen_line(alert);
  if (is_compared(alert)) return comparison_line(alert, told);
  if (is_forecast(alert) && alert.budget) return forecast_line(alert, pace);
  if (alert.budget) return budget_line(alert, told, pace);
  return !is_sum(alert.metric) ? rate_line(alert, told) : threshold_line(alert, told);
}

std::string title_of(const Alert& alert, EventTime told) {
  const std::string group = group_text(alert);
  std::string title = subject_of(alert) + (group.empty() ? "" : " " + isolated(group));
  if (alert.metric == Metric::first_seen) return title + " made its first request";
  if (!alert.budget) {
    title += " at " + value_with_unit(alert.metric, alert.value, alert.amount) + ", ";
    if (is_compared(alert)) title += before_text(alert) + ", ";
    return title + line_text(alert) + ", " + period_text(alert, told);
  }
  if (is_forecast(alert)) {
    return title + " is heading for " +
           about_text(alert.metric, alert.beside.value_or(alert.value), alert.value) + " of " +
           limit_text(alert.metric, *alert.budget) + " by " + deadline_text(alert);
  }
  const std::string possessive = possessive_period(alert, told);
  const auto percent = whole_percent(alert.value, *alert.budget);
  const std::string unit = unit_word(alert.metric);
  title += percent ? " at " + count_text(*percent) + "% of " : " over ";
  title += (possessive.empty() ? "" : possessive + " ") + limit_text(alert.metric, *alert.budget) +
           (unit.empty() ? "" : " " + unit);
  return possessive.empty() ? title + " " + period_text(alert, told) : title;
}

void add_field(Message& message, std::string label, std::string value) {
  message.fields.push_back({std::move(label), {std::move(value), Born::ours}});
}

void add_budget_fields(Message& message, const Alert& alert, const std::optional<Pace>& pace) {
  const Metric metric = alert.metric;
  const int128 budget = *alert.budget;
  const std::string unit = unit_word(metric);
  const int128 left = budget - alert.value;
  add_field(message, metric == Metric::cost ? "Spent" : "Used",
            value_text(metric, alert.value, budget) + " of " + even_limit_text(metric, budget) +
                (unit.empty() ? "" : " " + unit));
  if (left > 0) add_field(message, "Left", difference_text(metric, left, budget));
  if (left < 0) add_field(message, "Over by", difference_text(metric, -left, budget));
  if (!pace) return;
  const std::string per = "/" + std::string(pace->unit);
  add_field(message, "Pace",
            value_text(metric, pace->per_unit) + per +
                (pace->since.empty() ? "" : ", the " + pace->since) +
                " (even: " + value_text(metric, pace->even_per_unit) + per + ")");
  if (pace->gone) {
    add_field(message, "Gone by",
              when_text(*pace->gone, alert.at, alert.zone, {.long_form = true}));
  }
  add_field(message, "By " + deadline_text(alert),
            "about " + about_text(metric, pace->at_end, alert.value));
}

void add_bar(Message& message, const Alert& alert, EventTime told) {
  const auto percent = whole_percent(alert.value, *alert.budget);
  if (!percent) return;
  Message::Bar bar;
  bar.percent = static_cast<int>(std::min<int128>(*percent, 100));
  bar.text = count_text(*percent) + "% of the ";
  bar.text += alert.metric == Metric::cost ? "money" : unit_word(alert.metric);
  const Window& window = alert.window;
  const bool by_calendar =
      alert.window_kind != WindowKind::rolling && alert.window_kind != WindowKind::session;
  if (by_calendar && window.end != kNever && window.contains(alert.at) && told < window.end) {
    const auto gone =
        whole_percent((alert.at - window.start).count(), (window.end - window.start).count());
    bar.text += ", " + count_text(gone.value_or(0)) + "% of the " + window_word(alert.window_kind);
  }
  message.bar = std::move(bar);
}

void add_fields(Message& message, const Alert& alert, EventTime told) {
  const std::optional<Pace> pace = pace_of(alert, told);
  if (alert.budget) {
    add_budget_fields(message, alert, pace);
    add_bar(message, alert, told);
  } else if (alert.metric != Metric::first_seen) {
    add_field(message, "Now",
              value_with_unit(alert.metric, alert.value, alert.amount) + ", " + line_text(alert));
  }
  if (is_compared(alert) && alert.beside) add_field(message, "Before", before_text(alert));
  if (alert.before) {
    add_field(message, capitalised(period_before(alert, told)) + ", same time",
              value_with_unit(alert.metric, alert.before->value, std::nullopt));
  }
  if (const Parts parts = parts_of(alert); !parts.label.empty()) {
    add_field(message, parts.label, parts.value);
  } else if (alert.metric == Metric::cost && alert.requests > 0) {
    add_field(message, "Requests",
              count_text(alert.requests) + ", " +
                  value_text(Metric::cost, alert.value / alert.requests) + " each");
  }
}

// How it is reckoned, or finance will not believe it.
std::string method_text(const Alert& alert) {
  if (alert.shape) {
    return "Forecast: by the usual shape of day and week, of " + count_text(alert.shape->weeks) +
           (alert.shape->weeks == 1 ? " week" : " weeks") + "; told once in this " +
           window_word(alert.window_kind) + ".";
  }
  return "Forecast: a straight line through " + duration_text(alert.at - alert.window.start) +
         " of this " + window_word(alert.window_kind) + "; told once in it.";
}

void add_paragraphs(Message& message, const Alert& alert) {
  if (const std::string elsewhere = elsewhere_text(alert); !elsewhere.empty()) {
    message.paragraphs.push_back({elsewhere, Born::elsewhere});
  }
  if (!alert.crossed.empty()) {
    std::string passed = "Passed in the same moment:";
    for (std::size_t i = 0; i < alert.crossed.size(); ++i) {
      passed += (i == 0 ? " " : ", ") + rung_words(alert.crossed[i]);
    }
    message.paragraphs.push_back({passed, Born::elsewhere});
  }
  if (is_forecast(alert)) {
    message.paragraphs.push_back({method_text(alert), Born::ours});
  }
  if (!alert.description.empty()) {
    message.paragraphs.push_back({shown(alert.description), Born::elsewhere});
  }
}

std::string next_text(const Alert& alert, const std::optional<Pace>& pace) {
  const std::string amount = alert.budget ? value_text(alert.metric, alert.next->amount)
                                          : limit_text(alert.metric, alert.next->amount);
  std::string text = std::string(kDot) + "next: " + rung_words(alert.next->rung);
  if (alert.budget) text += " at " + amount;
  if (pace && pace->next) text += " (~" + when_text(*pace->next, alert.at, alert.zone) + ")";
  return text;
}

std::vector<Text> rule_line(const Alert& alert, const std::optional<Pace>& pace) {
  std::vector<Text> line = {
      {std::string(name(alert.severity)) + std::string(kDot) + "rule ", Born::ours},
      {shown(alert.rule), Born::code}};
  if (alert.next) line.push_back({next_text(alert, pace), Born::ours});
  if (!alert.where.empty()) line.push_back({shown(alert.where), Born::elsewhere});
  std::string labels;
  for (const auto& [label, value] : alert.labels) {
    labels += (labels.empty() ? "" : ", ") + shown(label) + " = " + shown(value);
  }
  if (!labels.empty()) line.push_back({labels, Born::elsewhere});
  return line;
}

}  // namespace

Message message_about(const Alert& alert, const Notice& notice, std::string_view heading) {
  const EventTime told = as_event_time(notice.composed_at);
  const std::optional<Pace> pace = pace_of(alert, told);
  Message message;
  FirstLine line = first_line(alert, told, pace);
  message.title = {title_of(alert, told), Born::elsewhere};
  if (!heading.empty()) {
    line.option = ", " + std::string(heading);
    line.outlook.clear();
    message.title.text += ", " + std::string(heading);
  }
  set_lines(message, line);
  add_fields(message, alert, told);
  add_drivers(message, alert, told);
  add_paragraphs(message, alert);
  message.runbook = runbook_of(alert);
  add_wide_parts(message, alert, notice);
  if (!heading.empty()) {
    message.opening.text.back() = ',';
    message.opening.text += " " + std::string(heading) + ".";
  }
  message.context.push_back(rule_line(alert, pace));
  message.context.push_back(closing_line(alert, notice));
  return message;
}

}  // namespace tocsin
