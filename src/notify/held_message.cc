// SPDX-License-Identifier: Apache-2.0
// What came while a channel was told nothing, of whatever rules.
#include <algorithm>
#include <map>
#include <set>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kHeldRowsMax = 50;
constexpr std::size_t kWhoMax = 60;
constexpr std::size_t kEndedShown = 10;

// The highest rung of each group of each rule; the worst first.
std::vector<const Alert*> highest_of(const std::vector<Alert>& alerts) {
  std::map<std::pair<std::string, std::string>, const Alert*> by_group;
  for (const Alert& alert : alerts) {
    const Alert*& highest = by_group[{alert.rule, group_text(alert)}];
    if (highest == nullptr || alert.window.end > highest->window.end ||
        (alert.window.end == highest->window.end && alert.amount > highest->amount)) {
      highest = &alert;
    }
  }
  std::vector<const Alert*> all;
  for (const auto& [group, alert] : by_group) all.push_back(alert);
  std::stable_sort(all.begin(), all.end(), [](const Alert* a, const Alert* b) {
    return a->severity != b->severity ? a->severity > b->severity : a->at < b->at;
  });
  return all;
}

std::size_t rules_of(const Notice& notice) {
  std::set<std::string> rules;
  for (const Alert& alert : notice.alerts) rules.insert(alert.rule);
  for (const Resolution& ended : notice.resolved) rules.insert(ended.alert.rule);
  return rules.size();
}

std::string counted(std::size_t count, const std::string& word) {
  return count_text(static_cast<int128>(count)) + " " + word + (count == 1 ? "" : "s");
}

// ": 3 critical, 9 warnings"
std::string by_severity(const std::vector<const Alert*>& alerts) {
  std::string text;
  for (const Severity severity : {Severity::critical, Severity::warning, Severity::info}) {
    const auto count = std::count_if(alerts.begin(), alerts.end(),
                                     [&](const Alert* a) { return a->severity == severity; });
    if (count == 0) continue;
    text += (text.empty() ? ": " : ", ") + count_text(count) + " " + std::string(name(severity));
  }
  return text;
}

Message::Row held_row(const Alert& alert) {
  Message::Row row;
  const std::string group = group_text(alert);
  row.who = isolated(cut_middle(subject_of(alert) + (group.empty() ? "" : " " + group), kWhoMax));
  if (!alert.budget) {
    row.value = value_with_unit(alert.metric, alert.value, alert.amount) + ", limit " +
                limit_text(alert.metric, alert.amount);
    return row;
  }
  row.value = value_of_limit(alert, *alert.budget);
  if (const auto percent = whole_percent(alert.value, *alert.budget)) {
    row.note = count_text(*percent) + "%";
  }
  return row;
}

std::string ended_text(const Notice& notice) {
  std::string text = "Back below the limit meanwhile:";
  for (std::size_t i = 0; i < std::min(notice.resolved.size(), kEndedShown); ++i) {
    const Alert& alert = notice.resolved[i].alert;
    const std::string group = group_text(alert);
    text +=
        (i == 0 ? " " : ", ") + subject_of(alert) + (group.empty() ? "" : " " + isolated(group));
  }
  if (notice.resolved.size() > kEndedShown) {
    text +=
        " and " + count_text(static_cast<int128>(notice.resolved.size() - kEndedShown)) + " more";
  }
  return text + ".";
}

std::string times_of(const Notice& notice, const std::string& zone) {
  const LocalTime from = local_time(as_event_time(notice.from), zone);
  const LocalTime until = local_time(as_event_time(notice.until), zone);
  return date_text(from) + ", " + clock_text(from) + " to " +
         (from.date() == until.date() ? "" : date_text(until) + ", ") + clock_text(until) + " " +
         zone;
}

}  // namespace

Message held_message(const Notice& notice) {
  const bool by_hours = notice.kind == Notice::Kind::held;
  const auto highest = highest_of(notice.alerts);
  const Alert& first = highest.empty() ? notice.resolved.front().alert : *highest.front();
  FirstLine line;
  line.mark = mark_of(highest.empty() ? Severity::info : highest.front()->severity);
  line.subject = (highest.empty() ? counted(notice.resolved.size(), "alert") + " resolved"
                                  : counted(highest.size(), "alert")) +
                 " of " + counted(rules_of(notice), "rule");
  line.tail = by_hours ? ", held until now" : ", over this hour's messages";
  line.option = by_severity(highest);
  Message message;
  set_lines(message, line);
  message.title = {line.subject + line.tail, Text::Born::ours};
  message.opening = {message.title.text + line.option + ".", Text::Born::ours};
  message.list_heading = "The worst first";
  message.groups = highest.size();
  for (std::size_t i = 0; i < std::min(highest.size(), kHeldRowsMax); ++i) {
    message.rows.push_back(held_row(*highest[i]));
  }
  if (!notice.resolved.empty()) {
    message.paragraphs.push_back({ended_text(notice), Text::Born::elsewhere});
  }
  message.paragraphs.push_back(
      {by_hours ? "They came outside the hours of this channel. Nothing is lost: each is recorded, "
                  "and in the webhook."
                : "This channel takes no more messages an hour (max_per_hour), so these are one. "
                  "Nothing is lost: each is recorded, and in the webhook.",
       Text::Born::ours});
  const std::string end = times_of(notice, first.zone);
  message.context.push_back(
      {{end + std::string(kDot) + "id " + notice.id.substr(0, 8), Text::Born::ours}});
  message.footer = {{end + ". Message " + notice.id.substr(0, 8) + ".", Text::Born::ours}};
  if (!message.rows.empty()) {
    message.preheader = message.rows.front().who + ": " + message.rows.front().value + ".";
  }
  return message;
}

}  // namespace tocsin
