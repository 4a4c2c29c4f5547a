// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "notify/message.h"
#include "notify/notice.h"
#include "tocsin/money.h"

namespace tocsin::samples {

inline EventTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                     int second = 0) {
  using namespace std::chrono;
  const sys_days date{std::chrono::year{year} / static_cast<int>(month) / static_cast<int>(day)};
  return event_time_ms(duration_cast<milliseconds>(date.time_since_epoch() + hours{hour} +
                                                   minutes{minute} + seconds{second})
                           .count());
}
inline WallTime wall(EventTime t) { return WallTime{t.time_since_epoch()}; }
inline int128 usd(const char* dollars) { return Money::parse(dollars).value().pico(); }
inline int128 percent(int count) { return count * power_of_ten(10); }

// $80.02 of $100 on a Saturday in Berlin, 15:07 there.
inline Alert production() {
  Alert alert;
  alert.id = "3f9c2a81aaaaaaaaaaaaaaaaaaaaaaaa";
  alert.rule = "production-daily";
  alert.window = {utc(2026, 11, 20, 23), utc(2026, 11, 21, 23)};
  alert.rung = "80%";
  alert.amount = usd("80");
  alert.value = usd("80.0194");
  alert.budget = usd("100");
  alert.severity = Severity::warning;
  alert.at = utc(2026, 11, 21, 13, 7, 32);
  alert.zone = "Europe/Berlin";
  alert.summary = "Production spend";
  alert.where = "Environment = production";
  alert.origin = "rules/production.yaml:4";
  alert.requests = 31'204;
  alert.next = Alert::Next{"95%", usd("95"), Severity::warning};
  return alert;
}

inline Alert user_over(std::string user = "user-123") {
  Alert alert;
  alert.id = "91aabbccddeeff00112233445566778a";
  alert.rule = "free-tier-user";
  alert.group = {{"user", std::move(user)}};
  alert.window = {utc(2026, 11, 1), utc(2026, 12, 1)};
  alert.rung = "100%";
  alert.amount = usd("25");
  alert.value = usd("25.04");
  alert.budget = usd("25");
  alert.severity = Severity::critical;
  alert.at = utc(2026, 11, 21, 10, 4, 12);
  alert.window_kind = WindowKind::month;
  alert.zone = "UTC";
  alert.summary = "Free-tier user";
  alert.where = "UserTier = free";
  alert.requests = 1'902;
  return alert;
}

inline Alert error_rate() {
  Alert alert;
  alert.id = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c";
  alert.rule = "errors";
  alert.group = {{"provider", "openai"}, {"model", "gpt-4o"}};
  alert.window = {utc(2026, 11, 21, 10, 38), utc(2026, 11, 21, 10, 43)};
  alert.rung = "5%";
  alert.amount = percent(5);
  alert.value = 74'003'795'066;  // 312 of 4,216
  alert.severity = Severity::warning;
  alert.at = utc(2026, 11, 21, 10, 43, 2);
  alert.metric = Metric::error_rate;
  alert.window_kind = WindowKind::rolling;
  alert.window_length = Millis{300'000};
  alert.zone = "UTC";
  alert.summary = "errors";
  alert.requests = 4'216;
  alert.numerator = 312;
  alert.next = Alert::Next{"20%", percent(20), Severity::critical};
  return alert;
}

inline Notice told(Alert alert, Millis after = Millis{210}) {
  Notice notice;
  notice.id = alert.id;
  notice.composed_at = wall(alert.at) + after;
  notice.alerts.push_back(std::move(alert));
  return notice;
}

// `count` users at 80% or, every sixth, over $25.
inline Notice digest_of(int count) {
  Notice notice;
  notice.kind = Notice::Kind::digest;
  notice.id = "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
  notice.from = wall(utc(2026, 11, 21, 10, 4, 10));
  notice.until = wall(utc(2026, 11, 21, 10, 4, 40));
  notice.composed_at = notice.until;
  for (int i = 0; i < count; ++i) {
    Alert alert = user_over("user-" + std::to_string(i));
    alert.id = std::to_string(100'000 + i);
    if (i % 6 != 0) {
      alert.rung = "80%";
      alert.amount = usd("20");
      alert.severity = Severity::warning;
      alert.value = usd("20") + i * usd("0.0001");
    } else {
      alert.value = usd("25") + i * usd("0.001");
    }
    notice.alerts.push_back(std::move(alert));
  }
  return notice;
}

inline Notice engine_notice(EngineMessage message) {
  Notice notice;
  notice.kind = Notice::Kind::engine;
  notice.id = "e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0";
  notice.composed_at = wall(utc(2026, 11, 21, 10, 36));
  notice.engine = std::move(message);
  return notice;
}

inline Money dollars(const char* text) { return Money::pico(usd(text)); }

inline UnpricedReport unpriced_report() {
  UnpricedModel model;
  model.model = "openai/gpt-6-nano";
  model.requests = 1'240;
  model.since = utc(2026, 11, 21, 9, 12);
  model.input_tokens = 3'100'000;
  model.output_tokens = 900'000;
  model.services = {{"search", 1'102}, {"chat", 138}};
  model.likes = {{"gpt-4o-mini", dollars("1.005")}, {"gpt-4o", dollars("16.75")}};
  model.budgets = {
      {"production-daily", "", 80}, {"feature-month", "search", 41}, {"users", "", {}}};
  return {false, "UTC", wall(utc(2026, 11, 21, 10, 36)), {model}};
}

inline Notice unpriced_notice(UnpricedReport report) {
  EngineMessage message;
  message.kind = report.unmetered ? "unmetered" : "unpriced";
  message.subject = report.models.front().model;
  message.text = unpriced_text(report);
  message.unpriced = std::move(report);
  return engine_notice(std::move(message));
}

inline Notice resolved_notice() {
  Notice notice;
  notice.kind = Notice::Kind::resolved;
  notice.id = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";
  notice.composed_at = wall(utc(2026, 11, 21, 10, 55));
  Resolution resolution;
  resolution.alert = error_rate();
  resolution.alert.value = 12'000'000'000;
  resolution.highest = 91'000'000'000;
  resolution.since = utc(2026, 11, 21, 10, 41);
  resolution.until = utc(2026, 11, 21, 10, 55);
  notice.resolved.push_back(std::move(resolution));
  return notice;
}

inline Notice raised_notice() {
  Notice notice;
  notice.kind = Notice::Kind::resolved;
  notice.id = "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1";
  Resolution raised;
  raised.alert = production();
  raised.alert.value = usd("91.20");
  raised.alert.budget = usd("150");
  raised.reason = Resolution::Reason::limit_raised;
  raised.limit_before = usd("100");
  raised.highest = raised.alert.value;
  raised.since = raised.until = raised.alert.at;
  notice.composed_at = wall(raised.alert.at + Millis{400});
  notice.resolved.push_back(std::move(raised));
  return notice;
}

// What is told later than it rang, or again.
inline Notice later(Notice::Kind kind, std::vector<Alert> alerts) {
  Notice notice;
  notice.kind = kind;
  notice.id = "d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4d4";
  notice.composed_at = notice.until = wall(utc(2026, 11, 21, 16, 0));
  notice.from = wall(utc(2026, 11, 21, 13, 0));
  notice.alerts = std::move(alerts);
  return notice;
}
inline Notice held_notice(Notice::Kind kind) {
  Notice notice = later(kind, {production(), error_rate(), user_over(), user_over("user-7")});
  notice.resolved = resolved_notice().resolved;
  return notice;
}

// A message as lines, to compare and to read. Text from elsewhere stands in ‹›.
inline std::string lines_of(const Message& message) {
  const auto piece = [](const Text& text) {
    if (text.born == Text::Born::ours) return text.text;
    if (text.born == Text::Born::code) return "`" + text.text + "`";
    return "\xE2\x80\xB9" + text.text + "\xE2\x80\xBA";
  };
  std::string lines = message.first_line + "\n# " + message.title.text + "\n";
  for (const auto& [label, value] : message.fields) lines += label + ": " + piece(value) + "\n";
  if (message.bar) {
    lines += "[" + std::to_string(message.bar->percent) + "] " + message.bar->text + "\n";
  }
  for (const auto& [who, value, note] : message.rows) {
    lines += "- " + who + "   " + value + "   " + note + "\n";
  }
  if (message.runbook) lines += "Runbook: " + piece(*message.runbook) + "\n";
  for (const Text& paragraph : message.paragraphs) lines += "| " + piece(paragraph) + "\n";
  for (const auto& line : message.context) {
    lines += "~ ";
    for (const Text& text : line) lines += piece(text);
    lines += "\n";
  }
  return lines;
}

}  // namespace tocsin::samples
