// SPDX-License-Identifier: Apache-2.0
// What time decides: forecasts, comparisons, what is below a line, averages, percentiles; and the
// windows of sessions.
#include "notify/golden_samples.h"
#include "notify/samples.h"

namespace tocsin::samples {
namespace {

// $3,160 in 12 of 30 days: heading for $7,900 of $6,000.
Alert forecast() {
  Alert alert;
  alert.id = "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0";
  alert.rule = "customer-contract";
  alert.summary = "Customer";
  alert.group = {{"Customer", "acme"}};
  alert.window = {utc(2026, 11, 1), utc(2026, 12, 1)};
  alert.window_kind = WindowKind::month;
  alert.zone = "UTC";
  alert.rung = "forecast100%";
  alert.amount = usd("6000");
  alert.value = usd("3160");
  alert.beside = usd("7900");
  alert.budget = usd("6000");
  alert.severity = Severity::warning;
  alert.at = utc(2026, 11, 13);
  alert.origin = "rules/contracts.yaml:5";
  alert.requests = 41'220;
  return alert;
}

// The same where as much comes each working day and nothing on others: 9 of November's 21 have
// passed, $7,373.33. $6,000 are 17.09 of them, which is early on Wednesday the 25th.
Alert forecast_by_shape() {
  Alert alert = forecast();
  alert.id = "f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1";
  alert.beside = usd("7373.333333333333");
  alert.shape = Alert::Shape{4, utc(2026, 11, 25, 2, 7)};
  return alert;
}

Alert unusual_hour() {
  Alert alert = forecast();
  alert.id = "c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0";
  alert.rule = "unusual-hour";
  alert.summary = "Unusual hour";
  alert.group.clear();
  alert.window = {utc(2026, 11, 21, 12), utc(2026, 11, 21, 13)};
  alert.window_kind = WindowKind::rolling;
  alert.window_length = Millis{3'600'000};
  alert.rung = "3x";
  alert.amount = 3 * power_of_ten(12);
  alert.value = usd("41.2");
  alert.beside = usd("12.1");
  alert.compare_to = Millis{std::chrono::days{7}};
  alert.budget.reset();
  alert.at = utc(2026, 11, 21, 13, 1);
  alert.origin = "rules/production.yaml:30";
  alert.requests = 5'110;
  alert.next = Alert::Next{"10x", 10 * power_of_ten(12), Severity::critical};
  return alert;
}

Alert cache_misses() {
  Alert alert = error_rate();
  alert.id = "b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0";
  alert.rule = "cache-misses";
  alert.summary = "Gateway's cache";
  alert.group.clear();
  alert.where = "service = faq";
  alert.metric = Metric::cache_hit_rate;
  alert.rung = "below20%";
  alert.amount = percent(20);
  alert.value = percent(19);
  alert.numerator = 801;
  alert.next.reset();
  return alert;
}

Alert slow_answers() {
  Alert alert = error_rate();
  alert.id = "50505050505050505050505050505050";
  alert.rule = "slow-answers";
  alert.summary = "slow answers";
  alert.metric = Metric::latency_p95;
  alert.rung = "20s";
  alert.amount = 20'000'000;
  alert.value = 23'100'000;
  alert.numerator = 0;
  alert.next = Alert::Next{"1m", 60'000'000, Severity::critical};
  return alert;
}

Alert dear_sessions() {
  Alert alert = error_rate();
  alert.id = "d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5";
  alert.rule = "agent-session-cost";
  alert.summary = "Sessions of an agent";
  alert.group = {{"agent", "coder"}};
  alert.metric = Metric::cost_per_session;
  alert.window = {utc(2026, 11, 20, 10, 43), utc(2026, 11, 21, 10, 43)};
  alert.window_length = Millis{86'400'000};
  alert.rung = "$1";
  alert.amount = usd("1");
  alert.value = usd("1.234567");
  alert.requests = 81;
  alert.numerator = 0;
  alert.next.reset();
  return alert;
}

Alert new_agent() {
  Alert alert = error_rate();
  alert.id = "15151515151515151515151515151515";
  alert.rule = "new-agent";
  alert.summary = "New agent";
  alert.group = {{"agent", "tester"}};
  alert.metric = Metric::first_seen;
  alert.window = {EventTime{}, kNever};
  alert.window_kind = WindowKind::lifetime;
  alert.rung = "first_seen";
  alert.amount = 1;
  alert.value = 1;
  alert.severity = Severity::info;
  alert.requests = 1;
  alert.numerator = 0;
  alert.next.reset();
  return alert;
}

Alert wild_session() {
  Alert alert = user_over();
  alert.id = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";
  alert.rule = "agent-session";
  alert.summary = "Agent session";
  alert.where.clear();
  alert.group = {{"agent", "coder"}, {"session", "s-77"}};
  alert.window_kind = WindowKind::session;
  alert.window_length = Millis{1'800'000};
  alert.window = {utc(2026, 11, 21, 9, 12), utc(2026, 11, 21, 10, 34, 12)};
  alert.amount = usd("5");
  alert.budget = usd("5");
  alert.value = usd("5.11");
  alert.requests = 341;
  alert.next = Alert::Next{"200%", usd("10"), Severity::critical};
  return alert;
}

Notice resolved(Alert alert, int128 value, int128 extreme) {
  Notice notice;
  notice.kind = Notice::Kind::resolved;
  notice.id = "ab0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
  notice.composed_at = wall(utc(2026, 11, 21, 10, 58));
  alert.value = value;
  notice.resolved.push_back(
      {std::move(alert), extreme, utc(2026, 11, 21, 10, 43), utc(2026, 11, 21, 10, 57)});
  return notice;
}

Notice many(const std::vector<Alert>& alerts) {
  Notice notice = digest_of(0);
  notice.alerts = alerts;
  return notice;
}

// Of customers, at half, all and one and a half times what the contract allows.
Notice forecasts() {
  std::vector<Alert> alerts;
  for (const auto& [name, total] :
       {std::pair{"acme", "7900"}, {"globex", "6000"}, {"initech", "9000.5"}}) {
    Alert& alert = alerts.emplace_back(forecast());
    alert.group = {{"Customer", name}};
    alert.beside = usd(total);
  }
  return many(alerts);
}

Notice misses_of_services() {
  std::vector<Alert> alerts;
  for (int i = 0; i < 12; ++i) {
    Alert& alert = alerts.emplace_back(cache_misses());
    alert.group = {{"service", "faq-" + std::to_string(i)}};
    alert.value = percent(i + 3);
  }
  return many(alerts);
}

Notice unusual_hours() {
  std::vector<Alert> alerts;
  for (const auto& [name, now] : {std::pair{"acme", "41.2"}, {"globex", "121"}}) {
    Alert& alert = alerts.emplace_back(unusual_hour());
    alert.group = {{"Customer", name}};
    alert.value = usd(now);
  }
  return many(alerts);
}

Notice new_agents() {
  std::vector<Alert> alerts;
  for (const char* name : {"tester", "writer"}) {
    Alert& alert = alerts.emplace_back(new_agent());
    alert.group = {{"agent", name}};
  }
  return many(alerts);
}

}  // namespace

void add_judged(std::vector<Sample>& all) {
  all.push_back({"forecast", told(forecast())});
  all.push_back({"forecast-by-shape", told(forecast_by_shape())});
  all.push_back({"compared-with-a-week-ago", told(unusual_hour())});
  all.push_back({"cache-hit-rate-below", told(cache_misses())});
  all.push_back({"latency", told(slow_answers())});
  all.push_back({"cost-per-session", told(dear_sessions())});
  all.push_back({"first-seen", told(new_agent())});
  all.push_back({"session-over", told(wild_session())});
  all.push_back({"digest-forecasts", forecasts()});
  all.push_back({"digest-below", misses_of_services()});
  all.push_back({"digest-compared", unusual_hours()});
  all.push_back({"digest-first-seen", new_agents()});
  all.push_back({"resolved-below", resolved(cache_misses(), percent(34), percent(11))});
  all.push_back({"resolved-latency", resolved(slow_answers(), 4'120'000, 61'000'000)});
}

}  // namespace tocsin::samples
