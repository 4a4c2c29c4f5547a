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
         (below ? ". Reason: no longer below the line." : ". Reason: below the limit.");
}

// With the time it lasted in place of the window.
Alert as_episode(const Resolution& resolution) {
  Alert alert = resolution.alert;
  alert.window = {resolution.since, resolution.until};
  alert.late = false;
  return alert;
}

Message one_resolved(const Notice& notice, const Resolution& resolution) {
  const Alert& alert = resolution.alert;
  const std::string subject = subject_of(alert);
  FirstLine line;
  line.mark = kDone;
  line.subject = subject;
  line.tail = " back to " + back_to(alert) + group_in_line(alert);
  line.option = ", after " + lasted(resolution);
  Message message;
  set_lines(message, line);
  const std::string group = group_text(alert);
  message.title = {subject + (group.empty() ? "" : " " + isolated(group)) + " is back to " +
                       value_with_unit(alert.metric, alert.value, alert.amount),
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
  line.tail = ": " + count + " back below the limit";
  Message message;
  set_lines(message, line);
  message.title = {line.subject + line.tail, Born::elsewhere};
  message.list_heading = groups_heading(first);
  message.groups = notice.resolved.size();
  for (std::size_t i = 0; i < std::min(notice.resolved.size(), kEndedMax); ++i) {
    const Resolution& resolution = notice.resolved[i];
    message.rows.push_back({isolated(cut_middle(group_text(resolution.alert), kGroupMax)),
                            "back to " + back_to(resolution.alert), "after " + lasted(resolution)});
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
  return notice.resolved.size() == 1 ? one_resolved(notice, notice.resolved.front())
                                     : many_resolved(notice);
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
