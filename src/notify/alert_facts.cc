// SPDX-License-Identifier: Apache-2.0
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Born = Text::Born;

void add_fact(Message& message, std::string label, std::string value, std::string note = "") {
  message.facts.push_back({std::move(label), {std::move(value), Born::ours}, std::move(note)});
}

std::string subject_and_group(const Alert& alert) {
  const std::string group = group_text(alert);
  return subject_of(alert) + (group.empty() ? "" : " " + isolated(group));
}

std::string with_unit(std::string text, Metric metric) {
  const std::string unit = unit_word(metric);
  return unit.empty() ? text : text + " " + unit;
}

// "Production spend reached 80% of today's $100.": a verb that suits any summary.
std::string budget_opening(const Alert& alert, EventTime told) {
  const std::string possessive = possessive_period(alert, told);
  std::string budget = (possessive.empty() ? "" : possessive + " ") +
                       with_unit(limit_text(alert.metric, *alert.budget), alert.metric);
  if (possessive.empty()) budget += " " + period_text(alert, told);
  if (is_forecast(alert)) {
    return subject_and_group(alert) + " is heading for " +
           about_text(alert.metric, alert.beside.value_or(alert.value), alert.value) + " of " +
           budget + " by " + deadline_text(alert) + ".";
  }
  const auto percent = whole_percent(alert.value, *alert.budget);
  const std::string who = subject_and_group(alert);
  if (!percent) return who + " went over " + budget + ".";
  if (*percent < 100) return who + " reached " + count_text(*percent) + "% of " + budget + ".";
  return who + " used up " + budget +
         (*percent == 100 ? "." : ", now at " + count_text(*percent) + "%.");
}

// "Error rate openai/gpt-4o: 7.4% in the last 5 min, limit 5%."
std::string threshold_opening(const Alert& alert, EventTime told) {
  if (alert.metric == Metric::first_seen) {
    return subject_and_group(alert) + " made its first request of all.";
  }
  std::string text = subject_and_group(alert) + ": " +
                     value_with_unit(alert.metric, alert.value, alert.amount) + " " +
                     period_text(alert, told);
  if (is_compared(alert)) text += ", " + before_text(alert);
  return text + (is_below(alert) ? ", should be " : ", ") + line_text(alert) + ".";
}

std::string per_unit(const Pace& pace) { return pace.unit == "h" ? " an hour" : " a day"; }

void add_budget_facts(Message& message, const Alert& alert, const std::optional<Pace>& pace) {
  const Metric metric = alert.metric;
  const int128 left = *alert.budget - alert.value;
  std::string note =
      left > 0 ? difference_text(metric, left, *alert.budget) + " left" : "nothing left";
  if (left < 0) note = difference_text(metric, -left, *alert.budget) + " over";
  const std::string value = value_text(metric, alert.value, *alert.budget) + " of " +
                            with_unit(even_limit_text(metric, *alert.budget), metric);
  add_fact(message, metric == Metric::cost ? "Spent" : "Used", value, note);
  if (!pace) return;
  add_fact(message, "Pace", value_text(metric, pace->per_unit) + per_unit(*pace),
           (pace->since.empty() ? "" : "the " + pace->since + "; ") +
               value_text(metric, pace->even_per_unit) + per_unit(*pace) + " would last the " +
               window_word(alert.window_kind));
  const std::string deadline = deadline_text(alert);
  const std::string total = "about " + about_text(metric, pace->at_end, alert.value);
  if (pace->gone) {
    const std::string when = when_text(*pace->gone, alert.at, alert.zone, {.long_form = true});
    add_fact(message, "Gone by", when, total + " by " + deadline);
  } else {
    add_fact(message, "By " + deadline, total);
  }
}

void add_facts(Message& message, const Alert& alert, const std::optional<Pace>& pace,
               EventTime told) {
  if (alert.budget) {
    add_budget_facts(message, alert, pace);
  } else if (alert.metric != Metric::first_seen) {
    add_fact(message, "Now", value_with_unit(alert.metric, alert.value, alert.amount),
             line_text(alert));
  }
  if (is_compared(alert) && alert.beside) {
    add_fact(message, "Before", value_with_unit(alert.metric, *alert.beside, std::nullopt),
             "now " + ratio_text(alert));
  }
  if (alert.before) {
    add_fact(message, capitalised(period_before(alert, told)),
             value_with_unit(alert.metric, alert.before->value, std::nullopt), "at the same time");
  }
  if (const Parts parts = parts_of(alert); !parts.label.empty()) {
    add_fact(message, parts.label, parts.value);
  } else if (alert.metric == Metric::cost && alert.requests > 0) {
    add_fact(message, "Requests", count_text(alert.requests),
             value_text(Metric::cost, alert.value / alert.requests) + " each");
  }
}

// "he next line is 95% ($95.00), a warning": after a "t" or "T".
std::string next_line(const Alert& alert) {
  std::string text = "he next line is " + rung_words(alert.next->rung);
  if (alert.budget) text += " (" + even_limit_text(alert.metric, alert.next->amount) + ")";
  switch (alert.next->severity) {
    case Severity::info: return text + ", for information";
    case Severity::warning: return text + ", a warning";
    case Severity::critical: return text + ", critical";
  }
  return text;
}

std::string preheader_of_threshold(const Alert& alert) {
  std::string text;
  if (alert.metric == Metric::first_seen) return "Nothing of it was seen before.";
  if (const Parts parts = parts_of(alert); !parts.label.empty()) {
    text = alert.metric == Metric::error_rate ? parts.value + " requests failed" : parts.words;
  } else if (alert.metric == Metric::cost && alert.requests > 0) {
    text = count_text(alert.requests) + (alert.requests == 1 ? " request" : " requests, ") +
           (alert.requests == 1 ? ""
                                : value_text(Metric::cost, alert.value / alert.requests) + " each");
  }
  if (alert.next) text += (text.empty() ? "T" : "; t") + next_line(alert);
  return text.empty() ? "" : text + ".";
}

// "Gone by 16:49 at this pace; about $153 by midnight."
std::string preheader_of(const Alert& alert, const std::optional<Pace>& pace) {
  if (!alert.budget) return preheader_of_threshold(alert);
  const int128 left = *alert.budget - alert.value;
  const std::string total = pace ? "about " + about_text(alert.metric, pace->at_end, alert.value) +
                                       " by " + deadline_text(alert)
                                 : "";
  if (pace && pace->gone) {
    return "Gone by " + when_text(*pace->gone, alert.at, alert.zone) + " at this pace; " + total +
           ".";
  }
  std::string text = left < 0
                         ? difference_text(alert.metric, -left, *alert.budget) + " over the budget"
                         : difference_text(alert.metric, left, *alert.budget) + " left";
  return text + (pace ? "; " + total + " at this pace." : ".");
}

// "The next line is 95% ($95.00), a warning, at about 16:08 at this pace. Nothing is blocked."
std::string next_of(const Alert& alert, const std::optional<Pace>& pace, EventTime told) {
  std::string text;
  if (told >= alert.window.end && alert.window_kind != WindowKind::rolling) {
    text = "nothing, this " + window_word(alert.window_kind) + " is over.";
  } else if (alert.next) {
    text = "t" + next_line(alert);
    if (pace && pace->next) {
      text += ", reached about " + when_text(*pace->next, alert.at, alert.zone) + " at this pace";
    }
    text += ".";
  } else if (alert.budget) {
    text = "this was the last line";
    const bool anew =
        alert.window_kind != WindowKind::rolling && alert.window_kind != WindowKind::lifetime;
    if (anew) text += ", it is quiet until the next " + window_word(alert.window_kind) + " begins";
    text += ".";
  }
  if (alert.budget && !alert.enforced) text += " Nothing is blocked.";
  return text;
}

}  // namespace

void add_wide_parts(Message& message, const Alert& alert, const Notice& notice) {
  const EventTime told = as_event_time(notice.composed_at);
  const std::optional<Pace> pace = pace_of(alert, told);
  message.opening = {alert.budget ? budget_opening(alert, told) : threshold_opening(alert, told),
                     Born::elsewhere};
  add_facts(message, alert, pace, told);
  message.preheader = preheader_of(alert, pace);
  message.next = next_of(alert, pace, told);
  message.silence = silence_command(alert, notice, true);
  message.explain = explain_command(alert, true);
  message.footer = footer_of(alert, notice);
}

}  // namespace tocsin
