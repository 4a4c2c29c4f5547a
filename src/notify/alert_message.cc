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
  const std::string limit = limit_text(alert.metric, alert.amount);
  line.mark = mark_of(alert.severity);
  line.subject = subject_of(alert);
  line.tail =
      " " + value + " (limit " + limit + ")" + group_in_line(alert) + ", " + span_text(alert, told);
  line.option =
      ": " + count_text(alert.numerator) + " of " + count_text(alert.requests) + " failed";
  return line;
}

FirstLine threshold_line(const Alert& alert, EventTime told) {
  FirstLine line;
  line.mark = mark_of(alert.severity);
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.tail = ": " + value_with_unit(alert.metric, alert.value, alert.amount) + " (limit " +
              limit_text(alert.metric, alert.amount) + ") " + period_text(alert, told);
  return line;
}

FirstLine first_line(const Alert& alert, EventTime told, const std::optional<Pace>& pace) {
  if (alert.budget) return budget_line(alert, told, pace);
  return is_ratio(alert.metric) ? rate_line(alert, told) : threshold_line(alert, told);
}

std::string title_of(const Alert& alert, EventTime told) {
  const std::string group = group_text(alert);
  std::string title = subject_of(alert) + (group.empty() ? "" : " " + isolated(group));
  if (!alert.budget) {
    return title + " at " + value_with_unit(alert.metric, alert.value, alert.amount) + ", limit " +
           limit_text(alert.metric, alert.amount) + ", " + period_text(alert, told);
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
  if (alert.window_kind != WindowKind::rolling && window.end != kNever &&
      window.contains(alert.at) && told < window.end) {
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
  } else {
    add_field(message, "Now",
              value_with_unit(alert.metric, alert.value, alert.amount) + ", limit " +
                  limit_text(alert.metric, alert.amount));
  }
  if (is_ratio(alert.metric)) {
    add_field(message, "Failed", count_text(alert.numerator) + " of " + count_text(alert.requests));
  } else if (alert.metric == Metric::cost && alert.requests > 0) {
    add_field(message, "Requests",
              count_text(alert.requests) + ", " +
                  value_text(Metric::cost, alert.value / alert.requests) + " each");
  }
}

void add_paragraphs(Message& message, const Alert& alert) {
  if (!alert.crossed.empty()) {
    std::string passed = "Passed in the same moment:";
    for (std::size_t i = 0; i < alert.crossed.size(); ++i) {
      passed += (i == 0 ? " " : ", ") + rung_words(alert.crossed[i]);
    }
    message.paragraphs.push_back({passed, Born::elsewhere});
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
