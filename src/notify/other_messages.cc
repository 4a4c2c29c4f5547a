// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

using Born = Text::Born;

constexpr std::string_view kDone = "\xE2\x9C\x85";       // white check mark
constexpr std::string_view kTools = "\xF0\x9F\x9B\xA0";  // hammer and wrench
constexpr std::size_t kEndedMax = 50;
constexpr std::size_t kGroupMax = 40;  // in a line of the list

std::string back_to(const Alert& alert) {
  return value_with_unit(alert.metric, alert.value, alert.amount) + " (" + line_text(alert) + ")";
}

std::string lasted(const Resolution& resolution) {
  return duration_text(resolution.until - resolution.since);
}

bool is_raised(const Resolution& resolution) {
  return resolution.reason == Resolution::Reason::limit_raised;
}

std::string reason_text(const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  if (resolution.reason == Resolution::Reason::rule_removed) {
    return "the rule was taken out";
  }
  const bool ended =
      alert.window_kind != WindowKind::rolling && resolution.until >= alert.window.end;
  if (ended) return "the window ended";
  return is_below(alert) ? "no longer below the line" : "below the limit";
}

// "Over 5% from 10:41 to 10:55, highest 9.1%. Reason: below the limit."
std::string story(const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  const LocalTime since = local_time(resolution.since, alert.zone);
  const LocalTime until = local_time(resolution.until, alert.zone);
  const bool same_day = since.date() == until.date();
  const auto moment = [&](const LocalTime& t) {
    return (same_day ? "" : date_text(t) + ", ") + clock_text(t);
  };
  const std::string line = line_amount(alert);
  const bool below = is_below(alert);
  return (below ? "Below " : "Over ") + line + " from " + moment(since) + " to " + moment(until) +
         (below ? ", lowest " : ", highest ") +
         value_with_unit(alert.metric, resolution.highest, std::nullopt) +
         ". Reason: " + reason_text(resolution) + ".";
}

// "from $100 to $150"; without what is not known any more, "to $150".
std::string raised_text(const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  const std::string unit = unit_word(alert.metric);
  return (resolution.limit_before
              ? "from " + limit_text(alert.metric, *resolution.limit_before) + " "
              : "") +
         "to " + limit_text(alert.metric, alert.budget.value_or(alert.amount)) +
         (unit.empty() ? "" : " " + unit);
}

// "61% ($91.20)"
std::string level_text(const Alert& alert) {
  const std::string value =
      value_with_unit(alert.metric, alert.value, alert.budget.value_or(alert.amount));
  const auto percent =
      alert.budget ? whole_percent(alert.value, *alert.budget) : std::optional<int128>();
  return percent ? count_text(*percent) + "% (" + value + ")" : value;
}

// With the time it lasted in place of the window.
Alert as_episode(const Resolution& resolution) {
  Alert alert = resolution.alert;
  alert.window = {resolution.since, resolution.until};
  alert.late = false;
  return alert;
}

// "Production spend: limit raised from $100 to $150, now 61% ($91.20)"
Message one_raised(const Notice& notice, const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  FirstLine line;
  line.mark = mark_of(Severity::info);
  line.subject = subject_of(alert);
  line.group = group_in_line(alert);
  line.tail = ": limit raised " + raised_text(resolution);
  line.option = ", now " + level_text(alert);
  Message message;
  set_lines(message, line);
  const std::string group = group_text(alert);
  message.title = {line.subject + (group.empty() ? "" : " " + isolated(group)) + line.tail,
                   Born::elsewhere};
  message.opening = {message.title.text + line.option + ".", Born::elsewhere};
  message.paragraphs.push_back({"It was told as " + rung_words(alert.rung) +
                                    "; that line lies above it now, and rings anew. " +
                                    "Where: " + shown(alert.origin) + ".",
                                Born::elsewhere});
  message.preheader = "Now " + level_text(alert) + ".";
  message.context.push_back({{"limit raised" + std::string(kDot) + "rule ", Born::ours},
                             {shown(alert.rule), Born::code}});
  message.context.push_back(closing_line(alert, notice));
  message.footer = footer_of(alert, notice);
  return message;
}

Message one_resolved(const Notice& notice, const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  const std::string subject = subject_of(alert);
  FirstLine line;
  line.mark = kDone;
  line.subject = subject;
  const bool removed = resolution.reason == Resolution::Reason::rule_removed;
  if (removed) {
    line.group = group_in_line(alert);
    line.tail = " is not watched any more: its rule was taken out";
  } else {
    line.tail = " back to " + back_to(alert) + group_in_line(alert);
  }
  if (!removed) line.option = ", after " + lasted(resolution);
  Message message;
  set_lines(message, line);
  const std::string group = group_text(alert);
  message.title = {
      subject + (group.empty() ? "" : " " + isolated(group)) +
          (removed ? " is not watched any more"
                   : " is back to " + value_with_unit(alert.metric, alert.value, alert.amount)),
      Born::elsewhere};
  message.paragraphs.push_back({story(resolution), Born::ours});
  message.context.push_back(
      {{"resolved" + std::string(kDot) + "rule ", Born::ours}, {shown(alert.rule), Born::code}});
  message.context.push_back(closing_line(as_episode(resolution), notice));
  message.opening = {message.title.text + ", after " + lasted(resolution) + ".", Born::elsewhere};
  message.preheader = story(resolution);
  message.explain = explain_command(alert, true);
  message.footer = footer_of(as_episode(resolution), notice);
  return message;
}

Message many_resolved(const Notice& notice) {
  const Alert& first = notice.resolved.front().alert;
  const std::string count = count_text(std::ssize(notice.resolved));
  Resolution whole = notice.resolved.front();
  for (const Resolution& each : notice.resolved) {
    whole.since = std::min(whole.since, each.since);
    whole.until = std::max(whole.until, each.until);
  }
  FirstLine line;
  line.mark = kDone;
  line.subject = subject_of(first);
  const auto raised = std::count_if(notice.resolved.begin(), notice.resolved.end(), is_raised);
  line.tail = ": " + count +
              (raised == 0                             ? " back below the limit"
               : raised == std::ssize(notice.resolved) ? " limits raised"
                                                       : " no longer over");
  Message message;
  set_lines(message, line);
  message.title = {line.subject + line.tail, Born::elsewhere};
  message.list_heading = groups_heading(first);
  message.groups = notice.resolved.size();
  for (std::size_t i = 0; i < std::min(notice.resolved.size(), kEndedMax); ++i) {
    const Resolution& resolution = notice.resolved[i];
    const std::string group = isolated(cut_middle(group_text(resolution.alert), kGroupMax));
    if (is_raised(resolution)) {
      message.rows.push_back(
          {group, "raised " + raised_text(resolution), "now " + level_text(resolution.alert)});
    } else {
      message.rows.push_back(
          {group, "back to " + back_to(resolution.alert), "after " + lasted(resolution)});
    }
  }
  message.context.push_back(
      {{"One message for rule ", Born::ours}, {shown(first.rule), Born::code}});
  message.context.push_back(closing_line(as_episode(whole), notice));
  message.opening = {message.title.text + ".", Born::elsewhere};
  message.explain = explain_command(first, false);
  message.footer = footer_of(as_episode(whole), notice);
  message.preheader = message.rows.front().who + " " + message.rows.front().value + ", and " +
                      count_text(std::ssize(notice.resolved) - 1) + " more.";
  return message;
}

}  // namespace

Message resolved_message(const Notice& notice) {
  if (notice.resolved.size() > 1) return many_resolved(notice);
  const Resolution& one = notice.resolved.front();
  return is_raised(one) ? one_raised(notice, one) : one_resolved(notice, one);
}

Message engine_message(const Notice& notice) {
  const EngineMessage& engine = *notice.engine;
  if (engine.unpriced) return unpriced_message(notice);
  const std::string text = shown(engine.text);
  FirstLine line;
  line.mark = kTools;
  line.subject = text;
  Message message;
  set_lines(message, line);
  message.title = {text, Born::elsewhere};
  message.opening = {text + ".", Born::elsewhere};
  if (!engine.details.empty()) message.preheader = shown(engine.details.front());
  for (const std::string& detail : engine.details) {
    message.paragraphs.push_back({shown(detail), Born::elsewhere});
  }
  const LocalTime at = local_time(as_event_time(notice.composed_at), "UTC");
  message.footer = {{"Told by Tocsin about itself, " + date_text(at, true) + ", " + clock_text(at) +
                         " UTC. Message " + notice.id.substr(0, 8) + ".",
                     Born::ours}};
  message.context.push_back(
      {{"Tocsin itself" + std::string(kDot) + date_text(at) + ", " + clock_text(at) + " UTC" +
            std::string(kDot) + "id " + notice.id.substr(0, 8),
        Born::ours}});
  return message;
}

}  // namespace tocsin
