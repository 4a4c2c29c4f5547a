// SPDX-License-Identifier: Apache-2.0
#include "notify/message_parts.h"

#include <algorithm>
#include <cstdio>

#include "notify/amount_text.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kSubjectMin = 8;
constexpr std::int64_t kPaceRequestsMin = 20;
// Beyond it the products below could overflow; nobody spends 10^18 dollars.
constexpr int128 kPaceValueMax = power_of_ten(30);

bool is_made_from_name(const std::string& summary, const std::string& rule) {
  const auto same = [](char a, char b) {
    const auto plain = [](char c) { return c == '-' || c == '_' ? ' ' : c; };
    return plain(a) == plain(b);
  };
  return std::equal(summary.begin(), summary.end(), rule.begin(), rule.end(), same);
}

std::string whole(const FirstLine& line) {
  std::string text = line.mark + " ";
  if (!line.head.empty()) text += line.head + " ";
  return text + line.subject + line.group + line.tail + line.option + line.outlook;
}

// Takes from the end of the subject what a text of `length` is over `most`.
void cut_subject(FirstLine& line, std::size_t length, std::size_t most) {
  if (length <= most) return;
  const std::size_t subject = characters(line.subject);
  const std::size_t over = length - most;
  line.subject = cut_end(line.subject, std::max(kSubjectMin, subject > over ? subject - over : 0));
}

bool is_plain_in_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./:@%+=,").find(c) != std::string_view::npos;
}

// RFC 3986, without what is markup somewhere: quotes, brackets, *, | and backticks.
bool is_of_address(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~:/?#@!$&+,;=%").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view mark_of(Severity severity) {
  switch (severity) {
    case Severity::info: return "\xF0\x9F\x94\xB5";      // blue circle
    case Severity::warning: return "\xF0\x9F\x9F\xA0";   // orange circle
    case Severity::critical: return "\xF0\x9F\x94\xB4";  // red circle
  }
  return "";
}

std::string bar_cells(int percent) {
  constexpr int kCells = 20;
  const int filled = percent * kCells / 100;
  std::string cells;
  for (int i = 0; i < kCells; ++i) cells += i < filled ? "\xE2\x96\x88" : "\xE2\x96\x91";
  return cells;
}

std::string left_out(const Message& message, std::size_t rows_shown) {
  if (message.groups <= rows_shown) return "";
  return "and " + count_text(static_cast<std::int64_t>(message.groups - rows_shown)) + " more";
}

std::size_t room_in(const FirstLine& line) {
  const std::size_t taken = characters(whole(line));
  return taken < kFirstLineMax ? kFirstLineMax - taken : 0;
}

std::string assembled(const FirstLine& line) {
  FirstLine fitting = line;
  if (characters(whole(fitting)) > kFirstLineMax) fitting.outlook.clear();
  if (characters(whole(fitting)) > kFirstLineMax) fitting.option.clear();
  cut_subject(fitting, characters(whole(fitting)), kFirstLineMax);
  return cut_end(whole(fitting), kFirstLineMax);
}

std::string assembled_subject(const FirstLine& line) {
  constexpr std::size_t kMost = kFirstLineMax - std::string_view("[critical] ").size();
  const auto text = [](const FirstLine& l) {
    return l.subject + l.group + l.after + l.tail + l.option;
  };
  FirstLine fitting = line;
  if (characters(text(fitting)) > kMost) fitting.option.clear();
  cut_subject(fitting, characters(text(fitting)), kMost);
  return cut_end(text(fitting), kMost);
}

void set_lines(Message& message, const FirstLine& line) {
  message.first_line = assembled(line);
  message.subject = assembled_subject(line);
}

std::string shown(std::string_view text) { return isolated(clean_text(text)); }

bool has_own_summary(const Alert& alert) {
  return !alert.summary.empty() && !is_made_from_name(alert.summary, alert.rule);
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  }
  return text;
}

std::string metric_title(Metric metric) {
  std::string title(name(metric));
  std::replace(title.begin(), title.end(), '_', ' ');
  return capitalised(std::move(title));
}

bool is_below(const Alert& alert) { return alert.rung.starts_with("below"); }
bool is_forecast(const Alert& alert) { return alert.rung.starts_with("forecast"); }
bool is_compared(const Alert& alert) { return alert.compare_to > Millis{0}; }

std::string times_text(int128 ratio) {
  return decimal_text(divide_half_even(ratio, power_of_ten(11)), 1) + "x";
}

std::string line_amount(const Alert& alert) {
  return is_compared(alert) ? decimal_text(alert.amount, 12) + "x"
                            : limit_text(alert.metric, alert.amount);
}

std::string line_text(const Alert& alert) {
  return (is_below(alert) ? "at least " : "limit ") + line_amount(alert);
}

namespace {

// "7 days", "a day", "36 h".
std::string long_ago(Millis back) {
  constexpr Millis kDay{86'400'000};
  if (back % kDay != Millis{0}) return duration_text(back);
  return back == kDay ? "a day" : std::to_string(back / kDay) + " days";
}

}  // namespace

std::string ratio_text(const Alert& alert) {
  if (!alert.beside || *alert.beside <= 0) return "";
  const int128 ratio = *alert.beside > power_of_ten(26)
                           ? alert.value / (*alert.beside / power_of_ten(12))
                           : alert.value * power_of_ten(12) / *alert.beside;
  return times_text(ratio);
}

std::string before_text(const Alert& alert) {
  const std::string ratio = ratio_text(alert);
  if (ratio.empty()) return "";
  return ratio + " the " + value_with_unit(alert.metric, *alert.beside, std::nullopt) + " of " +
         long_ago(alert.compare_to) + " before";
}

Parts parts_of(const Alert& alert) {
  const std::string of = count_text(alert.numerator) + " of " + count_text(alert.requests);
  switch (alert.metric) {
    case Metric::error_rate: return {"Failed", of, of + " failed"};
    case Metric::cache_hit_rate: return {"From the cache", of, of + " from the cache"};
    case Metric::prompt_cache_rate: {
      const std::string tokens = value_text(Metric::tokens, alert.numerator) + " of " +
                                 value_text(Metric::tokens, alert.requests) + " tokens";
      return {"Read from caches", tokens, tokens + " from caches"};
    }
    case Metric::cost_per_session:
    case Metric::cost_per_user: {
      const bool users = alert.metric == Metric::cost_per_user;
      const std::string count = count_text(alert.requests);
      return {users ? "Users" : "Sessions", count, count + (users ? " users" : " sessions")};
    }
    case Metric::cost_per_request:
    case Metric::latency_p50:
    case Metric::latency_p90:
    case Metric::latency_p95:
    case Metric::latency_p99:
      return {"Requests", count_text(alert.requests), count_text(alert.requests) + " requests"};
    case Metric::cost:
    case Metric::requests:
    case Metric::input_tokens:
    case Metric::output_tokens:
    case Metric::cached_tokens:
    case Metric::tokens:
    case Metric::errors:
    case Metric::unpriced_requests:
    case Metric::first_seen: break;
  }
  return {};
}

std::string subject_of(const Alert& alert) {
  if (!has_own_summary(alert) && !is_sum(alert.metric)) return metric_title(alert.metric);
  std::string subject = clean_text(alert.summary.empty() ? alert.rule : alert.summary);
  if (!has_own_summary(alert)) subject = capitalised(std::move(subject));
  return isolated(subject);
}

std::string value_with_unit(Metric metric, int128 value, std::optional<int128> limit) {
  std::string unit = unit_word(metric);
  if (value == 1 && unit.ends_with('s')) unit.pop_back();
  return value_text(metric, value, limit) + (unit.empty() ? "" : " " + unit);
}

std::string value_of_limit(const Alert& alert, int128 limit) {
  const std::string unit = unit_word(alert.metric);
  return value_text(alert.metric, alert.value, limit) + " of " + limit_text(alert.metric, limit) +
         (unit.empty() ? "" : " " + unit);
}

std::string rung_words(const std::string& rung) {
  std::string words = shown(rung);
  if (words.size() > 4 && words.ends_with("left")) words.insert(words.size() - 4, " ");
  for (const std::string_view word : {"below", "forecast"}) {
    if (words.starts_with(word)) words.insert(word.size(), " ");
  }
  if (words == "first_seen") return "first seen";
  return words;
}

namespace {

// "last hour", "last day", "last 7 days".
std::string recent_text(Millis span) {
  constexpr std::int64_t kHour = 3'600'000;
  const std::int64_t hours = span.count() / kHour;
  if (hours < 24) return hours == 1 ? "last hour" : "last " + count_text(hours) + " hours";
  return hours == 24 ? "last day" : "last " + count_text(hours / 24) + " days";
}

// What is to come is by the shape too, or a message would say two things.
void by_shape(const Alert& alert, Pace& pace) {
  pace.at_end = alert.beside.value_or(alert.value);
  pace.gone.reset();
  pace.next.reset();
  if (alert.amount == *alert.budget && alert.shape->over && *alert.shape->over < alert.window.end) {
    pace.gone = alert.shape->over;
  }
}

}  // namespace

std::optional<Pace> pace_of(const Alert& alert, EventTime told) {
  const Window& window = alert.window;
  if (told >= window.end) return {};
  const bool calendar = alert.window_kind != WindowKind::rolling &&
                        alert.window_kind != WindowKind::session && window.end != kNever;
  if (!calendar || !is_sum(alert.metric) || !alert.budget || *alert.budget <= 0) return {};
  if (alert.requests < kPaceRequestsMin || alert.value <= 0 || alert.value > kPaceValueMax ||
      *alert.budget > kPaceValueMax || alert.at <= window.start || alert.at >= window.end) {
    return {};
  }
  // A forecast's is what it was judged by.
  const bool of_late = alert.recent && !is_forecast(alert);
  const int128 came = of_late ? alert.recent->amount : alert.value;
  const int128 within = of_late ? alert.recent->span.count() : (alert.at - window.start).count();
  const int128 left = (window.end - alert.at).count();
  const int128 length = (window.end - window.start).count();
  const bool by_day = length > 2 * 86'400'000;
  const int128 unit = by_day ? 86'400'000 : 3'600'000;
  Pace pace;
  pace.unit = by_day ? "day" : "h";
  if (of_late) pace.since = recent_text(alert.recent->span);
  pace.per_unit = came * unit / within;
  pace.even_per_unit = *alert.budget * unit / length;
  pace.at_end = alert.value + came * left / within;
  const auto reached = [&](int128 amount) -> std::optional<EventTime> {
    if (amount <= alert.value || amount > kPaceValueMax || came == 0) return {};
    const int128 after = (amount - alert.value) * within / came;
    if (after >= left) return {};
    return alert.at + Millis{static_cast<std::int64_t>(after)};
  };
  pace.gone = reached(*alert.budget);
  if (alert.next) pace.next = reached(alert.next->amount);
  if (alert.shape) by_shape(alert, pace);
  return pace;
}

Severity highest_severity(const std::vector<Alert>& alerts) {
  Severity highest = Severity::info;
  for (const Alert& alert : alerts) {
    if (!alert.stale) highest = std::max(highest, alert.severity);
  }
  return highest;
}

std::string shell_quoted(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain_in_shell)) {
    return std::string(text);
  }
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "'";
}

namespace {

bool is_typable(const std::string& text) { return clean_text(text) == text; }

bool has_typable_group(const Alert& alert) {
  return std::all_of(alert.group.begin(), alert.group.end(), [&](const auto& field) {
    return is_typable(field.first) && is_typable(field.second);
  });
}

// "--until midnight": where the window ends, as `tocsin silence` reads it by the rule's clocks.
std::string silence_length(const Alert& alert, EventTime told) {
  const bool ends = alert.window_kind != WindowKind::rolling && alert.window.end != kNever;
  if (!ends || alert.window.end <= told) return "--for 2h";
  const LocalTime end = local_time(alert.window.end, alert.zone);
  if (alert.window.end - told <= Millis{86'400'000} && !end.ambiguous) {
    return end.midnight() ? "--until midnight" : "--until " + clock_text(end);
  }
  char date[32];
  std::snprintf(date, sizeof date, "%04d-%02u-%02u", end.year, end.month, end.day);
  return std::string("--until ") + date + (end.midnight() ? "" : "T" + clock_text(end));
}

}  // namespace

std::string explain_command(const Alert& alert, bool with_group) {
  if (!is_typable(alert.rule)) return "";
  std::string command = "tocsin explain " + shell_quoted(alert.rule);
  if (!with_group || !has_typable_group(alert)) return command;
  for (const auto& [field, value] : alert.group) {
    command += " --group " + shell_quoted(field + "=" + value);
  }
  return command;
}

// A group that cannot be typed would leave a command that silences all the others, too; so would
// one that reads as a glob.
std::string silence_command(const Alert& alert, const Notice& notice, bool with_group) {
  const auto is_pattern = [](const std::string& text) {
    return text.find_first_of("*?") != std::string::npos;
  };
  if (!is_typable(alert.rule) || is_pattern(alert.rule)) return "";
  std::string command = "tocsin silence " + shell_quoted(alert.rule);
  if (with_group) {
    if (!has_typable_group(alert)) return "";
    for (const auto& [field, value] : alert.group) {
      if (is_pattern(value)) return "";
      command += " " + shell_quoted(field + "=" + value);
    }
  }
  return command + " " + silence_length(alert, as_event_time(notice.composed_at));
}

namespace {

// "rang 210 ms after the request", where that is of interest.
std::string delay_text(const Alert& alert, const Notice& notice) {
  const Millis after = as_event_time(notice.composed_at) - alert.at;
  const bool at_once = notice.kind == Notice::Kind::alert && after >= Millis{0};
  if (!at_once || after >= Millis{60'000}) return "";
  const std::string time = after < Millis{1'000} ? std::to_string(after.count()) + " ms"
                                                 : decimal_text(after.count() / 100, 1) + " s";
  return "rang " + time + " after the request";
}

constexpr std::string_view kLate = "counted late, the window had ended";

}  // namespace

std::optional<Text> runbook_of(const Alert& alert) {
  if (alert.runbook.empty()) return {};
  const bool address = alert.runbook.starts_with("https://") && alert.runbook.size() <= 500 &&
                       std::all_of(alert.runbook.begin(), alert.runbook.end(), is_of_address);
  return Text{shown(alert.runbook), address ? Text::Born::address : Text::Born::elsewhere};
}

std::vector<Text> closing_line(const Alert& alert, const Notice& notice) {
  std::string text = bounds_text(alert, as_event_time(notice.composed_at));
  if (const std::string delay = delay_text(alert, notice); !delay.empty()) {
    text += std::string(kDot) + delay;
  }
  if (alert.late) text += std::string(kDot) + std::string(kLate);
  return {{text + std::string(kDot) + "id " + notice.id.substr(0, 8), Text::Born::ours}};
}

std::vector<Text> footer_of(const Alert& alert, const Notice& notice) {
  std::string when = bounds_text(alert, as_event_time(notice.composed_at), {.with_year = true});
  if (const std::string delay = delay_text(alert, notice); !delay.empty()) when += ", " + delay;
  if (alert.late) when += ", " + std::string(kLate);
  std::vector<Text> line = {{when + ". Rule ", Text::Born::ours},
                            {shown(alert.rule), Text::Born::code}};
  if (!alert.origin.empty()) {
    line.push_back({" (" + shown(alert.origin) + ")", Text::Born::elsewhere});
  }
  if (!alert.where.empty()) {
    line.push_back({": " + shown(alert.where), Text::Born::elsewhere});
  }
  std::string labels;
  for (const auto& [label, value] : alert.labels) {
    labels += (labels.empty() ? ". Labels: " : ", ") + shown(label) + " = " + shown(value);
  }
  if (!labels.empty()) line.push_back({labels, Text::Born::elsewhere});
  const bool one = notice.kind == Notice::Kind::alert;
  line.push_back({std::string(one ? ". Alert " : ". Message ") + notice.id.substr(0, 8) + ".",
                  Text::Born::ours});
  return line;
}

namespace {

Message message_of(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::alert: return message_about(notice.alerts.front(), notice);
    case Notice::Kind::digest:
    case Notice::Kind::catch_up:
    case Notice::Kind::unsilenced:
    case Notice::Kind::reminder: return digest_message(notice);
    case Notice::Kind::held:
    case Notice::Kind::capped: return held_message(notice);
    case Notice::Kind::resolved: return resolved_message(notice);
    case Notice::Kind::engine: return engine_message(notice);
  }
  return {};
}

}  // namespace

Message render(const Notice& notice) {
  Message message = message_of(notice);
  if (!notice.in_place_of.empty()) {
    message.paragraphs.insert(message.paragraphs.begin(),
                              {"Told here in place of channel " + shown(notice.in_place_of) + ".",
                               Text::Born::elsewhere});
  }
  if (!message.explain.empty()) {
    message.context.push_back(
        {{"Why it rang: ", Text::Born::ours}, {message.explain, Text::Born::code}});
  }
  return message;
}

}  // namespace tocsin
