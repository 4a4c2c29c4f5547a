// SPDX-License-Identifier: Apache-2.0
#include "notify/message_parts.h"

#include <algorithm>

#include "notify/amount_text.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kGroupMax = 24;
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

}  // namespace

std::string_view mark_of(Severity severity) {
  switch (severity) {
    case Severity::info: return "\xF0\x9F\x94\xB5";      // blue circle
    case Severity::warning: return "\xF0\x9F\x9F\xA0";   // orange circle
    case Severity::critical: return "\xF0\x9F\x94\xB4";  // red circle
  }
  return "";
}

std::string assembled(const FirstLine& line) {
  const std::string fixed = line.head + line.group + line.tail;
  const std::size_t taken = characters(fixed);
  const std::size_t subject = characters(line.subject);
  if (taken + subject + characters(line.option) <= kFirstLineMax) {
    return line.head + line.subject + line.group + line.tail + line.option;
  }
  const std::size_t left = taken < kFirstLineMax ? kFirstLineMax - taken : 0;
  const std::string cut = cut_end(line.subject, std::max(kSubjectMin, left));
  return cut_end(line.head + cut + line.group + line.tail, kFirstLineMax);
}

std::string shown(std::string_view text) { return isolated(clean_text(text)); }

bool has_own_summary(const Alert& alert) {
  return !alert.summary.empty() && !is_made_from_name(alert.summary, alert.rule);
}

std::string subject_of(const Alert& alert) {
  std::string subject = clean_text(alert.summary.empty() ? alert.rule : alert.summary);
  if (!has_own_summary(alert) && !subject.empty() && subject[0] >= 'a' && subject[0] <= 'z') {
    subject[0] = static_cast<char>(subject[0] - 'a' + 'A');
  }
  return isolated(subject);
}

std::string group_text(const Alert& alert) {
  std::string text;
  for (const auto& [name, value] : alert.group) {
    if (!text.empty()) text.push_back('/');
    text += clean_text(value);
  }
  return text;
}

std::string group_in_line(const Alert& alert) {
  const std::string group = group_text(alert);
  if (group.empty()) return "";
  return " " + isolated(cut_middle(group, kGroupMax));
}

std::string value_with_unit(Metric metric, int128 value, std::optional<int128> limit) {
  const std::string unit = unit_word(metric);
  return value_text(metric, value, limit) + (unit.empty() ? "" : " " + unit);
}

std::string value_of_limit(const Alert& alert, int128 limit) {
  const std::string unit = unit_word(alert.metric);
  return value_text(alert.metric, alert.value, limit) + " of " + limit_text(alert.metric, limit) +
         (unit.empty() ? "" : " " + unit);
}

std::string rung_words(const std::string& rung) {
  std::string words = clean_text(rung);
  if (words.size() > 4 && words.ends_with("left")) words.insert(words.size() - 4, " ");
  return words;
}

std::optional<Pace> pace_of(const Alert& alert) {
  const Window& window = alert.window;
  const bool calendar = alert.window_kind != WindowKind::rolling && window.end != kNever;
  if (!calendar || is_ratio(alert.metric) || !alert.budget || *alert.budget <= 0) return {};
  if (alert.requests < kPaceRequestsMin || alert.value <= 0 || alert.value > kPaceValueMax ||
      *alert.budget > kPaceValueMax || alert.at <= window.start || alert.at >= window.end) {
    return {};
  }
  const int128 elapsed = (alert.at - window.start).count();
  const int128 length = (window.end - window.start).count();
  const bool by_day = length > 2 * 86'400'000;
  const int128 unit = by_day ? 86'400'000 : 3'600'000;
  Pace pace;
  pace.unit = by_day ? "day" : "h";
  pace.per_unit = alert.value * unit / elapsed;
  pace.even_per_unit = *alert.budget * unit / length;
  pace.at_end = alert.value * length / elapsed;
  const auto reached = [&](int128 amount) -> std::optional<EventTime> {
    if (amount <= alert.value || amount > kPaceValueMax) return {};
    const int128 after = elapsed * amount / alert.value;
    if (after >= length) return {};
    return window.start + Millis{static_cast<std::int64_t>(after)};
  };
  pace.gone = reached(*alert.budget);
  if (alert.next) pace.next = reached(alert.next->amount);
  return pace;
}

std::vector<Text> closing_line(const Alert& alert, const Notice& notice) {
  const EventTime told = as_event_time(notice.composed_at);
  std::string text = bounds_text(alert, told);
  const Millis after = told - alert.at;
  if (notice.kind == Notice::Kind::alert && after >= Millis{0} && after < Millis{60'000}) {
    text += std::string(kDot) + "rang " +
            (after < Millis{1'000} ? std::to_string(after.count()) + " ms" : duration_text(after)) +
            " after the request";
  }
  if (alert.late) text += std::string(kDot) + "counted late, the window had ended";
  return {{text + std::string(kDot) + "id " + notice.id.substr(0, 8), Text::Born::ours}};
}

Message render(const Notice& notice) {
  switch (notice.kind) {
    case Notice::Kind::alert: return message_about(notice.alerts.front(), notice);
    case Notice::Kind::digest:
    case Notice::Kind::catch_up: return digest_message(notice);
    case Notice::Kind::resolved: return resolved_message(notice);
    case Notice::Kind::engine: return engine_message(notice);
  }
  return {};
}

}  // namespace tocsin
