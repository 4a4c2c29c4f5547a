// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <unordered_map>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "tocsin/group.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

using Born = Text::Born;
using Levels = std::vector<const Alert*>;

constexpr std::size_t kRowsMax = 50;
constexpr std::size_t kFew = 10;       // that all channels list them all
constexpr std::size_t kGroupMax = 40;  // in a line of the list
constexpr std::string_view kAlready = "already over when Tocsin caught up";
constexpr std::string_view kRepriced = "over now that prices were put right";

constexpr std::string_view kStillOver = "still over";
constexpr std::string_view kSilenceEnded = "silence ended";
constexpr std::string_view kUnsilenced = "still over now that the silence is over";

// Why the levels are told now and not when they were reached; empty: they are told as they come.
std::string_view heading_of(const Notice& notice, const Alert& first) {
  if (notice.kind == Notice::Kind::unsilenced) return kUnsilenced;
  if (notice.kind == Notice::Kind::reminder) return kStillOver;
  if (notice.kind != Notice::Kind::catch_up) return {};
  return first.repriced ? kRepriced : kAlready;
}

// Whether `a` says more about a group than `b`: the newer window, there the higher rung.
bool later_or_higher(const Alert& a, const Alert& b) {
  if (a.window.end != b.window.end) return a.window.end > b.window.end;
  if (is_below(a) && is_below(b)) {
    return a.amount != b.amount ? a.amount < b.amount : a.value < b.value;
  }
  if (a.amount != b.amount) return a.amount > b.amount;
  return a.value > b.value;
}

// What a group comes to, beside what it is measured by: of a forecast the total it is heading for.
struct Reached {
  int128 value, line;
};
Reached reached(const Alert& alert) {
  if (is_compared(alert)) return {alert.value, alert.beside.value_or(0)};
  const bool heading = is_forecast(alert) && alert.beside;
  return {heading ? *alert.beside : alert.value, alert.budget.value_or(alert.amount)};
}

// How far beyond its own line a group is, in millionths.
int128 excess(const Alert& alert) {
  auto [value, line] = reached(alert);
  if (is_below(alert)) std::swap(value, line);
  if (line <= 0) return kInt128Max;
  return value > kInt128Max / 1'000'000 ? kInt128Max : value * 1'000'000 / line;
}

// One alert a group, its present level; those furthest over first. Stale ones are left out.
Levels levels_of(const std::vector<Alert>& alerts) {
  std::unordered_map<std::string, const Alert*> by_group;
  for (const Alert& alert : alerts) {
    if (alert.stale) continue;
    std::string key;
    for (const auto& [name, value] : alert.group) key += std::to_string(value.size()) + ":" + value;
    const Alert*& level = by_group[key];
    if (level == nullptr || later_or_higher(alert, *level)) level = &alert;
  }
  Levels levels;
  for (const auto& [group, level] : by_group) levels.push_back(level);
  std::sort(levels.begin(), levels.end(), [](const Alert* a, const Alert* b) {
    const int128 of_a = excess(*a), of_b = excess(*b);
    return of_a != of_b ? of_a > of_b : a->group < b->group;
  });
  return levels;
}

// The groups at one rung.
struct Step {
  std::string rung;
  int128 highest = 0;  // amount, to order steps
  Levels levels;
};

std::vector<Step> steps_of(const Levels& levels) {
  std::map<std::string, Step> by_rung;
  for (const Alert* level : levels) {
    Step& step = by_rung[level->rung];
    step.rung = level->rung;
    step.highest = std::max(step.highest, level->amount);
    step.levels.push_back(level);
  }
  std::vector<Step> steps;
  for (auto& [rung, step] : by_rung) steps.push_back(std::move(step));
  std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) {
    const auto severity = [](const Step& s) { return s.levels.front()->severity; };
    return severity(a) != severity(b) ? severity(a) > severity(b) : a.highest > b.highest;
  });
  return steps;
}

// Before a rung's words; some say themselves what they are: "below 20%", "forecast 100%".
constexpr std::string_view kOver = "over ";
std::string_view over_word(const Alert& alert) {
  const bool says = is_below(alert) || is_forecast(alert) || alert.metric == Metric::first_seen;
  return says ? std::string_view{} : kOver;
}

// "$25" where 100% is the same for all of them, else the rung: "80%".
std::string line_of(const Step& step) {
  const Alert& first = *step.levels.front();
  const bool same = std::all_of(step.levels.begin(), step.levels.end(),
                                [&](const Alert* a) { return a->amount == first.amount; });
  const bool whole = !first.budget || first.amount == *first.budget;
  const bool plain = over_word(first) == kOver && !is_compared(first);
  return plain && same && whole ? limit_text(first.metric, first.amount) : rung_words(step.rung);
}

std::string_view highest_mark(const Levels& levels) {
  Severity highest = Severity::info;
  for (const Alert* level : levels) highest = std::max(highest, level->severity);
  return mark_of(highest);
}

// ": 412 over $25, 1,933 over 80%", as many as fit into the line.
std::string split_text(const std::vector<Step>& steps, std::size_t room) {
  std::string text;
  for (const Step& step : steps) {
    const std::string piece = (text.empty() ? ": " : ", ") + count_text(std::ssize(step.levels)) +
                              " " + std::string(over_word(*step.levels.front())) + line_of(step);
    if (characters(text + piece) > room) break;
    text += piece;
  }
  return text;
}

FirstLine first_line(const Notice& notice, const Levels& levels, const std::vector<Step>& steps) {
  const Alert& first = *levels.front();
  FirstLine line;
  line.mark = highest_mark(levels);
  line.subject = cut_end(subject_of(first), 40);
  const std::string count = count_text(std::ssize(levels));
  if (const auto heading = heading_of(notice, first); !heading.empty()) {
    line.tail = ": " + count + " " + std::string(heading);
  } else {
    const Millis span = std::max(notice.until - notice.from, Millis{1'000});
    line.tail = ": " + count + " crossed in " + duration_text(span);
  }
  line.option = split_text(steps, room_in(line));
  return line;
}

std::string title_of(const Notice& notice, const Levels& levels) {
  const Alert& first = *levels.front();
  const std::string count =
      count_text(std::ssize(levels)) + " " + groups_word(first, levels.size());
  if (const auto heading = heading_of(notice, first); !heading.empty()) {
    return subject_of(first) + ": " + count + " " + std::string(heading);
  }
  const auto clock = [&](WallTime t) {
    return clock_seconds_text(local_time(as_event_time(t), first.zone));
  };
  return subject_of(first) + ": " + count + " crossed a line between " + clock(notice.from) +
         " and " + clock(notice.until);
}

void add_steps(Message& message, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const Alert& first = *step.levels.front();
    const std::string count =
        count_text(std::ssize(step.levels)) + " " + groups_word(first, step.levels.size());
    std::string note;
    int128 over = 0;
    for (const Alert* a : step.levels) {
      over += a->budget ? std::max<int128>(a->value - *a->budget, 0) : 0;
    }
    if (over > 0) {
      const std::string unit = unit_word(first.metric).empty() ? "" : " " + unit_word(first.metric);
      note = difference_text(first.metric, over, *first.budget) + unit + " above their budgets";
    }
    const std::string label = capitalised(std::string(over_word(first)) + rung_words(step.rung));
    const std::string both = note.empty() ? count : count + ", " + note;
    if (message.fields.size() < 8) message.fields.push_back({label, {both, Born::ours}});
    message.facts.push_back({label, {count, Born::ours}, note});
  }
}

Message::Row row_of(const Alert& alert) {
  const auto [value, line] = reached(alert);
  const std::string group = isolated(cut_middle(group_text(alert), kGroupMax));
  Message::Row row;
  row.who = group.empty() ? subject_of(alert) : group;
  if (alert.metric == Metric::first_seen) {
    row.value = when_text(alert.at, alert.at, alert.zone);
    return row;
  }
  row.value =
      value_text(alert.metric, value, is_compared(alert) ? std::nullopt : std::optional(line));
  if (is_compared(alert)) {
    row.note = before_text(alert);
    return row;
  }
  if (is_below(alert)) {
    row.note = line_text(alert);
    return row;
  }
  row.value += " of " + limit_text(alert.metric, line);
  if (const auto percent = whole_percent(value, line); alert.budget && percent) {
    row.note = count_text(*percent) + "%";
  }
  return row;
}

std::string furthest(const Alert& alert) {
  return is_below(alert) ? "Furthest below" : "Furthest over";
}

void add_rows(Message& message, const Levels& levels) {
  const Alert& first = *levels.front();
  message.list_heading = levels.size() > kFew && first.metric != Metric::first_seen
                             ? furthest(first)
                             : groups_heading(first);
  message.groups = levels.size();
  for (std::size_t i = 0; i < std::min(levels.size(), kRowsMax); ++i) {
    message.rows.push_back(row_of(*levels[i]));
  }
}

// "37 more crossings in windows long closed, 23 Oct to 20 Nov: recorded, not told one by one."
std::string stale_text(const std::vector<Alert>& alerts) {
  std::int64_t count = 0;
  EventTime first = kNever, last = EventTime::min();
  for (const Alert& alert : alerts) {
    if (!alert.stale) continue;
    ++count;
    first = std::min(first, alert.window.start);
    last = std::max(last, alert.window.end - Millis{1});
  }
  if (count == 0) return "";
  const std::string& zone = alerts.front().zone;
  const std::string from = short_date_text(local_time(first, zone));
  const std::string until = short_date_text(local_time(last, zone));
  return count_text(count) + (count == 1 ? " crossing" : " crossings") +
         " of windows that closed long before, " + (from == until ? from : from + " to " + until) +
         ": recorded, not told one by one.";
}

// "(none): no Team was sent. …", where that group is the first of the list.
std::string unfilled_text(const Alert& first) {
  for (const auto& [field, value] : first.group) {
    if (value != kNone) continue;
    return "(none) has no " + shown(field) +
           ": a table under lookup in tocsin.yaml can fill it in.";
  }
  return "";
}

std::vector<Text> rule_line(const Alert& alert, const Levels& levels) {
  std::vector<Text> line = {{"One message for rule ", Born::ours}, {shown(alert.rule), Born::code}};
  if (levels.size() > kFew) {
    line.push_back({std::string(kDot) + "all " + count_text(std::ssize(levels)) + " are recorded",
                    Born::ours});
  }
  if (!alert.where.empty()) line.push_back({shown(alert.where), Born::elsewhere});
  return line;
}

// What stands below the rows, and what depends on them.
void add_end(Message& message, const Alert& first, const Notice& notice) {
  message.context.push_back(closing_line(first, notice));
  message.opening = {message.title.text + ".", Born::elsewhere};
  if (!message.rows.empty()) {
    const auto& [who, value, note] = message.rows.front();
    message.preheader = first.metric == Metric::first_seen
                            ? "Nothing of them was seen before."
                            : furthest(first) + ": " + who + " with " + value + ".";
  }
  if (first.budget && !message.rows.empty()) {
    message.next = "each is told again only at its next line.";
    if (!first.enforced) message.next += " Nothing is blocked.";
  }
  if (!message.rows.empty()) message.silence = silence_command(first, notice, false);
  message.explain = explain_command(first, false);
  message.footer = footer_of(first, notice);
}

// Nothing is over now, but something was.
Message only_stale(const Notice& notice) {
  const Alert& first = notice.alerts.front();
  Message message;
  FirstLine line;
  line.mark = mark_of(Severity::info);
  line.subject = subject_of(first);
  line.tail = ": over " + count_text(std::ssize(notice.alerts)) +
              (notice.alerts.size() == 1 ? " time" : " times") + " in windows long closed, not now";
  set_lines(message, line);
  message.title = {subject_of(first) + ": nothing is over now", Born::elsewhere};
  message.paragraphs.push_back({stale_text(notice.alerts), Born::ours});
  message.context.push_back(rule_line(first, Levels{}));
  add_end(message, first, notice);
  return message;
}

// One level alone is told as an alert is; after a catch-up with its heading.
Message single_level(const Notice& notice, const Alert& level) {
  const bool unsilenced = notice.kind == Notice::Kind::unsilenced;
  Message message =
      message_about(level, notice, unsilenced ? kSilenceEnded : heading_of(notice, level));
  if (const std::string stale = stale_text(notice.alerts); !stale.empty()) {
    message.paragraphs.push_back({stale, Born::ours});
  }
  return message;
}

}  // namespace

Message digest_message(const Notice& notice) {
  const Levels levels = levels_of(notice.alerts);
  if (levels.empty()) return only_stale(notice);
  if (levels.size() == 1) return single_level(notice, *levels.front());
  const std::vector<Step> steps = steps_of(levels);
  const Alert& first = *levels.front();
  Message message;
  set_lines(message, first_line(notice, levels, steps));
  message.title = {title_of(notice, levels), Born::elsewhere};
  add_steps(message, steps);
  add_rows(message, levels);
  if (const std::string common = common_text(levels); !common.empty()) {
    message.paragraphs.push_back({common, Born::elsewhere});
  }
  if (const std::string stale = stale_text(notice.alerts); !stale.empty()) {
    message.paragraphs.push_back({stale, Born::ours});
  }
  if (const std::string unfilled = unfilled_text(first); !unfilled.empty()) {
    message.paragraphs.push_back({unfilled, Born::elsewhere});
  }
  message.context.push_back(rule_line(first, levels));
  add_end(message, first, notice);
  return message;
}

}  // namespace tocsin
